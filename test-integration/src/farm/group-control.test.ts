import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { execIn, hostClient } from '../harness/host-client.js';

// What is done on one phone is done on others, of whatever size.

const farm = new Farm(inject('farm'));
const sizes = [
  { width: 720, height: 1280 },
  { width: 480, height: 800 },
  { width: 360, height: 640 },
] as const;
const host = hostClient(farm.address);
let browser: Browser;
let phones: Phone[] = [];
let views: ViewerPage[] = [];

interface Group {
  readonly groupId: string;
  readonly name: string;
  readonly exclude: readonly string[];
}
interface State extends Group {
  readonly members: readonly {
    readonly phoneId: string;
    readonly state: string;
    readonly followed: number;
  }[];
  readonly times: null | {
    readonly samples: number;
    readonly skewP99Ms: number;
    readonly reachP99Ms: number;
  };
}

const ids = (): string[] => phones.map(({ phoneId }) => phoneId);
const counts = (): Promise<number[]> =>
  Promise.all(views.map((view, index) => view.taps(farm, ids()[index] ?? '')));
/** Clicks on the master until it has counted one more; then waits for the others. */
const tapped = async (wanted: readonly number[]): Promise<void> => {
  const [master] = views;
  if (master === undefined) throw new Error('nobody looks at the master');
  const before = await counts();
  await master.page.bringToFront();
  await master.click(0.5, 0.7);
  for (const [index, view] of views.entries()) {
    await view.page.bringToFront();
    await view.patternWhere(({ value }) => value === (before[index] ?? 0) + (wanted[index] ?? 0));
  }
};
/** Where the one finger on a phone is that its input manager says is down, as fractions of the picture. */
const fingerAt = (id: string, size?: { readonly width: number; readonly height: number }) =>
  eventually(async () => {
    const { stdout } = await execIn(host, id, { argv: ['/system/bin/dumpsys', 'input'] });
    const [, x, y] = /Pointers down: 1 \d+@([\d.]+),([\d.]+)/.exec(stdout) ?? [];
    if (x === undefined || size === undefined) throw new NotYet(stdout);
    return { x: Number(x) / size.width, y: Number(y) / size.height };
  });
const state = (groupId: string): Promise<State> => farm.api('GET', `/v1/groups/${groupId}`);
const create = (body: object = {}): Promise<Group> => {
  const [masterId, ...phoneIds] = ids();
  return farm.api('POST', '/v1/groups', { masterId, phoneIds, ...body });
};
const code = async (method: string, path: string, body?: unknown): Promise<[number, string]> => {
  const response = await farm.call(method, path, body);
  return [response.status, ((await response.json()) as { code: string }).code];
};

beforeAll(async () => {
  browser = await Browser.start();
  phones = await Promise.all(sizes.map((display) => farm.create({ display, labels: { row: 'one' } })));
  for (const [index, { phoneId }] of phones.entries()) {
    await farm.viewable(phoneId);
    await farm.shell(phoneId, 'am start -n com.ancloud.latency/.MainActivity');
    views.push(await browser.watch(farm, phoneId, index === 0 ? 'control' : 'watch'));
  }
});
afterAll(async () => {
  await browser?.close();
  for (const phoneId of ids()) await farm.delete(phoneId);
  host.close();
});

describe('a group', () => {
  it('does what is done on its master, on phones of other sizes, and tells how well', async () => {
    const group = await create({ name: 'row' });
    // The group's record has to have come to input-svc; a tap before that is the master's alone.
    await eventually(async () => {
      const { members } = await state(group.groupId);
      if (members.some(({ state: is }) => is !== 'follows')) throw new NotYet(JSON.stringify(members));
    });
    await tapped([1, 1, 1]);
    await tapped([1, 1, 1]);
    await eventually(async () => {
      const { members, times } = await state(group.groupId);
      expect(members.map(({ phoneId }) => phoneId)).toEqual(ids().slice(1));
      for (const { followed } of members) expect(followed).toBeGreaterThanOrEqual(4);
      if (times === null) throw new NotYet('no input was measured yet');
      expect(times.reachP99Ms).toBeGreaterThan(0);
    });
    const { stdout } = await farm.cli(['group', 'show', group.groupId]);
    expect(stdout).toMatch(/ leads\n[^]*follows[^]*of \d+ inputs: reach p50/);
    // One who was excluded takes no part, and is back when it is said.
    const [, first = ''] = ids();
    expect((await farm.cli(['group', 'exclude', group.groupId, first])).code).toBe(0);
    await eventually(async () => {
      const { viewerId } = await farm.api<{ viewerId: string }>('GET', `/v1/phones/${first}/control`);
      if (viewerId !== '') throw new NotYet(`${viewerId} holds the controls`);
    });
    await tapped([1, 0, 1]);
    await farm.api('PATCH', `/v1/groups/${group.groupId}`, {
      exclude: [],
      jitter: { place: 0.02, delayMs: 30 },
    });
    await eventually(async () => {
      const { members } = await state(group.groupId);
      if (members.some(({ state: is }) => is !== 'follows')) throw new NotYet(JSON.stringify(members));
    });
    await tapped([1, 1, 1]);
    // One that left follows no more, and lets go; it joins again.
    expect((await farm.cli(['group', 'remove', group.groupId, first])).code).toBe(0);
    await eventually(async () => {
      const { viewerId } = await farm.api<{ viewerId: string }>('GET', `/v1/phones/${first}/control`);
      if (viewerId !== '') throw new NotYet(`${viewerId} holds the controls`);
    });
    await tapped([1, 0, 1]);
    expect((await farm.cli(['group', 'rename', group.groupId, 'line'])).code).toBe(0);
    expect((await farm.cli(['group', 'add', group.groupId, first])).code).toBe(0);
    await eventually(async () => {
      const { members, name } = await state(group.groupId);
      expect(name).toBe('line');
      if (members.some(({ state: is }) => is !== 'follows')) throw new NotYet(JSON.stringify(members));
    });
    await tapped([1, 1, 1]);
    expect((await farm.call('DELETE', `/v1/groups/${group.groupId}`)).status).toBe(204);
    for (const phoneId of ids().slice(1))
      await eventually(async () => {
        const { viewerId } = await farm.api<{ viewerId: string }>('GET', `/v1/phones/${phoneId}/control`);
        if (viewerId !== '') throw new NotYet(`${viewerId} holds the controls`);
      });
    await tapped([1, 0, 0]);
    expect(await code('GET', `/v1/groups/${group.groupId}`)).toEqual([404, 'GROUP_NOT_FOUND']);
  });

  it('spreads what its phones do, over time and place, when that is wanted', async () => {
    const DELAY_MS = 1_000;
    const group = await create({ jitter: { place: 0, delayMs: DELAY_MS } });
    await eventually(async () => {
      const { members } = await state(group.groupId);
      if (members.some(({ state: is }) => is !== 'follows')) throw new NotYet(JSON.stringify(members));
    });
    // When each phone had the touch, by the one clock that all of them have: Latency shows it.
    const late: number[] = [];
    for (let tap = 0; tap < 6; tap++) {
      await tapped([1, 1, 1]);
      const [master = 0, ...others] = await Promise.all(
        views.map(async (view) => (await view.patternWhere(({ kind }) => kind === 'latency')).ms),
      );
      late.push(...others.map((ms) => (ms - master + 2 ** 32) % 2 ** 32));
    }
    console.info(`after the master, ms: ${late.map((ms) => ms.toFixed(0)).join(', ')}`);
    // Drawn evenly from 0-1000 ms: of twelve draws nine are behind a quarter of that, on the mean. Without jitter none is.
    expect(late.filter((ms) => ms > DELAY_MS / 4).length).toBeGreaterThanOrEqual(3);
    expect(new Set(late).size).toBeGreaterThan(6);

    const PLACE = 0.1;
    await farm.api('PATCH', `/v1/groups/${group.groupId}`, { jitter: { place: PLACE, delayMs: 0 } });
    const [master] = views;
    if (master === undefined) throw new Error('nobody looks at the master');
    await master.page.bringToFront();
    const off: number[] = [];
    for (let round = 0; round < 4; round++) {
      await master.holds(0.5, 0.7, async () => {
        const places = await Promise.all(ids().map((id, index) => fingerAt(id, sizes[index])));
        const [led, ...followed] = places;
        if (led === undefined) throw new Error('there is no master');
        for (const place of followed) off.push(place.x - led.x, place.y - led.y);
      });
    }
    console.info(`beside the master, of the picture: ${off.map((share) => share.toFixed(3)).join(', ')}`);
    // A pixel of the smallest picture is 0.003 of it.
    for (const share of off) expect(Math.abs(share)).toBeLessThanOrEqual(PLACE + 0.005);
    expect(off.filter((share) => Math.abs(share) > PLACE / 4).length).toBeGreaterThanOrEqual(4);
    await farm.api('DELETE', `/v1/groups/${group.groupId}`);
  });

  it('waits for who is at work on a phone, and lets go everywhere when its leader is revoked', async () => {
    const [, second = '', third = ''] = ids();
    const group = await create();
    const owner = await browser.watch(farm, second, 'owner');
    await owner.firstFrame();
    await owner.click(0.5, 0.2);
    await eventually(async () => {
      const { viewerId } = await farm.api<{ viewerId: string }>('GET', `/v1/phones/${second}/control`);
      if (viewerId !== owner.viewerId) throw new NotYet(`'${viewerId}' holds the controls`);
    });
    const [master] = views;
    await eventually(async () => {
      // At work again, each time: it would be idle after 10 s.
      await owner.page.bringToFront();
      await owner.click(0.5, 0.2);
      await master?.page.bringToFront();
      await master?.click(0.5, 0.7);
      const { members } = await state(group.groupId);
      const is = Object.fromEntries(members.map((member) => [member.phoneId, member.state]));
      if (is[second] !== 'held' || is[third] !== 'follows') throw new NotYet(JSON.stringify(members));
    });
    const holder = async (): Promise<string> =>
      (await farm.api<{ viewerId: string }>('GET', `/v1/phones/${third}/control`)).viewerId;
    expect(await holder()).toBe(group.groupId);
    await farm.api('DELETE', `/v1/viewers/${master?.viewerId}`);
    await eventually(async () => {
      const now = await holder();
      if (now !== '') throw new NotYet(`'${now}' holds the controls`);
    });
    await owner.page.close();
    await farm.api('DELETE', `/v1/groups/${group.groupId}`);
  });

  it('is of phones that the caller has', async () => {
    const [masterId = '', second = ''] = ids();
    const byLabel = await create({ phoneIds: [], labels: { row: 'one' } });
    const { groups } = await farm.api<{ groups: (Group & { phoneIds: string[] })[] }>('GET', '/v1/groups');
    const found = groups.find(({ groupId }) => groupId === byLabel.groupId);
    expect(found?.phoneIds.toSorted()).toEqual(ids().slice(1).toSorted());
    expect((await farm.cli(['group', 'rm', byLabel.groupId])).code).toBe(0);
    for (const [body, wanted] of [
      [{ masterId, phoneIds: ['ph_none'] }, [404, 'PHONE_NOT_FOUND']],
      [{ masterId: 'ph_none', phoneIds: [second] }, [404, 'PHONE_NOT_FOUND']],
      [{ masterId, phoneIds: [masterId] }, [400, 'INVALID_ARGUMENT']],
      [{ masterId, labels: { row: 'nine' } }, [400, 'INVALID_ARGUMENT']],
      [{ masterId, phoneIds: [second], viewerId: 'vw_none' }, [404, 'VIEWER_NOT_FOUND']],
      [{ masterId, phoneIds: [second], viewerId: views[1]?.viewerId }, [404, 'VIEWER_NOT_FOUND']],
      [{ masterId, phoneIds: [second], jitter: { place: 0.5 } }, [400, 'INVALID_ARGUMENT']],
    ] as const)
      expect([body, await code('POST', '/v1/groups', body)]).toEqual([body, wanted]);
    const { groupId } = await create();
    for (const [phoneIds, wanted] of [
      [
        [second, 'ph_none'],
        [404, 'PHONE_NOT_FOUND'],
      ],
      [
        [second, masterId],
        [400, 'INVALID_ARGUMENT'],
      ],
      [[], [400, 'INVALID_ARGUMENT']],
    ] as const)
      expect([phoneIds, await code('PATCH', `/v1/groups/${groupId}`, { phoneIds })]).toEqual([
        phoneIds,
        wanted,
      ]);
    await farm.api('DELETE', `/v1/groups/${groupId}`);
    expect(await code('PATCH', '/v1/groups/gr_none', { exclude: [] })).toEqual([404, 'GROUP_NOT_FOUND']);
  });
});
