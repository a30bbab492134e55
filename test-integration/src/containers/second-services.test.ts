import { afterAll, beforeAll, describe, expect, inject, it, onTestFailed } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import type { Farm, Phone } from '../harness/farm.js';
import { freePort } from '../harness/places.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { ComposeFarm } from './compose-farm.js';
import { Engine } from './engine.js';

/** The promise is 2 s; this machine also runs Chromium, the phones and whatever else. */
const AWAY_MS = 10_000;

const REGIONS = { 'media-svc': 'east', 'media-svc-2': 'west' } as const;
type Media = keyof typeof REGIONS;
const otherThan = (media: Media): Media => (media === 'media-svc' ? 'media-svc-2' : 'media-svc');

/** Two media-svcs and two input-svcs, each with a network stack of its own, as docs/operations.md says to run them. */
describe('a second media-svc and a second input-svc', () => {
  let up: ComposeFarm;
  let farm: Farm;
  let browser: Browser;
  let phones: Phone[];

  const told = (): void => onTestFailed(async () => console.error(await up.logs()));
  const phoneId = (index: 0 | 1): string => phones[index]?.phoneId ?? '';
  const gauge = async (media: Media, name: string): Promise<number> => {
    const text = await up.metrics(media, 7203);
    return Number(new RegExp(String.raw`^${name}\{[^}]*\} (\d+)$`, 'm').exec(text)?.[1]);
  };
  /** Fails unless a media-svc has so many viewers, and streams that come from the other one. */
  const carries = async (media: Media, viewers: number, inlets: number): Promise<void> => {
    const has = [
      await gauge(media, 'ancloud_media_viewers'),
      await gauge(media, 'ancloud_media_pipe_inlets'),
    ];
    if (has.join() !== [viewers, inlets].join())
      throw new NotYet(`${media} has ${has.join(' viewers, and inlets: ')}`);
  };
  /** A viewer whose picture goes on, the only one of its media-svc: in the beginning that may not be known to the gateway yet. */
  const seat = (media: Media, inlets: number): Promise<ViewerPage> =>
    eventually(async () => {
      const region = REGIONS[media];
      const viewer = await browser.open(farm, await farm.viewer(phoneId(0), 'watch', region));
      try {
        await viewer.goesOn();
        await carries(media, 1, inlets);
        return viewer;
      } catch (error) {
        await viewer.page.close();
        throw error;
      }
    });
  /** Waits until no media-svc has anything of the phone, so that the next viewer is the first. */
  const rests = (): Promise<void> =>
    eventually(async () => {
      for (const media of ['media-svc', 'media-svc-2'] as const) {
        const streams = await gauge(media, 'ancloud_media_streams');
        if (streams !== 0) throw new NotYet(`${media} keeps ${streams} streams`);
      }
    });
  /** Which input-svc serves a phone. */
  const servedBy = (phone: string): Promise<string> =>
    eventually(async () => {
      const command = `REDISCLI_AUTH=$(cat /etc/ancloud/secrets/redis) redis-cli HGET input:${phone} owner`;
      const owner = await up.inside('redis', ['sh', '-c', command]);
      if (owner === '') throw new NotYet(`nobody serves the input of ${phone}`);
      return owner.replace(/:.*/, '');
    });

  beforeAll(async () => {
    const webrtc = await freePort(2);
    up = await ComposeFarm.up(new Engine(inject('engine')), {
      COMPOSE_FILE: 'docker-compose.yml:deploy/docker/second.yml',
      ANCLOUD_REGION: REGIONS['media-svc'],
      ANCLOUD_SECOND_REGION: REGIONS['media-svc-2'],
      ANCLOUD_SECOND_WEBRTC_PORT: String(webrtc),
      ANCLOUD_SECOND_WEBRTC_PORT2: String(webrtc + 1),
    });
    ({ farm } = up);
    browser = await Browser.start();
    await up.importGuest();
    phones = [await farm.create(), await farm.create()];
    for (const { phoneId: phone } of phones) await farm.viewable(phone);
    await farm.shell(phoneId(0), 'am start -n com.ancloud.motion/.MainActivity');
  });
  afterAll(async () => {
    await browser?.close();
    await up?.close();
  });

  it('carry one phone to viewers of both regions, by one encoder', async () => {
    told();
    const here = await seat('media-svc', 0);
    const there = await seat('media-svc-2', 1);
    await here.goesOn();
    // Between containers as between machines: encrypted, and sent by the host once.
    const metrics = await up.metrics('host', 7202);
    expect(metrics).toMatch(/^ancloud_rtp_attachments_total\{.*srtp="yes".*\} 1$/m);
    expect(metrics).not.toMatch(/^ancloud_rtp_attachments_total\{.*srtp="no"/m);
    for (const { page } of [here, there]) await page.close();
    await rests();
  });

  it.each([
    { first: 'media-svc', lost: 'media-svc-2', how: 'is killed' },
    { first: 'media-svc', lost: 'media-svc', how: 'is killed' },
    { first: 'media-svc', lost: 'media-svc-2', how: 'loses its network' },
    { first: 'media-svc-2', lost: 'media-svc-2', how: 'loses its network' },
  ] as const)(
    'of a phone that arrives at $first, viewers at $lost that $how see it again by the other',
    async ({ first, lost, how }) => {
      told();
      const at = new Map<Media, ViewerPage>();
      // The phone's packets arrive where its first viewer is.
      at.set(first, await seat(first, 0));
      at.set(otherThan(first), await seat(otherThan(first), 1));
      const [loses, stays] = [at.get(lost), at.get(otherThan(lost))];
      await loses?.page.bringToFront();
      const awayMs = await loses?.stoodWhile(async () => {
        if (how === 'is killed') await up.compose(['kill', lost]);
        else await up.cable(lost, 'down');
        await loses.goesOn();
      });
      console.info(
        `${lost} ${how}, the phone came by ${first}: the picture stood for ${awayMs?.toFixed(0)} ms`,
      );
      expect(awayMs).toBeLessThan(AWAY_MS);
      await stays?.goesOn();
      await eventually(() => carries(otherThan(lost), 2, 0));
      if (how === 'is killed') await up.compose(['up', '--detach', '--no-build', '--wait', lost]);
      else await up.cable(lost, 'up');
      await loses?.goesOn();
      for (const { page } of at.values()) await page.close();
      await rests();
    },
  );

  it('lead a group whose phones are served by both, and by one when the other is killed', async () => {
    told();
    const ids = [phoneId(0), phoneId(1)] as const;
    for (const phone of ids) await farm.shell(phone, 'am start -n com.ancloud.latency/.MainActivity');
    // Both ask for a phone when its session begins, and one gets it.
    await eventually(async () => {
      const [master, member] = [await servedBy(ids[0]), await servedBy(ids[1])];
      if (master !== member) return;
      await farm.stop(ids[1]);
      await farm.start(ids[1]);
      await farm.viewable(ids[1]);
      throw new NotYet(`${master} serves both`);
    });
    await farm.shell(ids[1], 'am start -n com.ancloud.latency/.MainActivity');
    const master = await browser.watch(farm, ids[0], 'control');
    const member = await browser.watch(farm, ids[1], 'watch');
    const { groupId } = await farm.api<{ groupId: string }>('POST', '/v1/groups', {
      masterId: ids[0],
      phoneIds: [ids[1]],
    });
    const bothCount = (): Promise<void> =>
      eventually(async () => {
        await member.page.bringToFront();
        const before = await member.taps(farm, ids[1]);
        await master.page.bringToFront();
        await master.click(0.5, 0.7);
        await member.page.bringToFront();
        await member
          .patternWhere(({ value }) => value > before, 2_000)
          .catch((error: unknown) => {
            throw new NotYet(String(error));
          });
      });
    await bothCount();
    const gone = await servedBy(ids[1]);
    const kept = await servedBy(ids[0]);
    expect(gone).not.toBe(kept);
    const service = gone === 'input-1' ? 'input-svc' : 'input-svc-2';
    await up.compose(['kill', service]);
    await eventually(async () => {
      const now = await servedBy(ids[1]);
      if (now !== kept) throw new NotYet(`${now} serves the member`);
    });
    await bothCount();
    await up.compose(['up', '--detach', '--no-build', '--wait', service]);
    expect((await farm.call('DELETE', `/v1/groups/${groupId}`)).status).toBe(204);
  });
});
