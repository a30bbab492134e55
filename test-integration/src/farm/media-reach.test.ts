import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { ownFarm, portOf, secretOf } from '../harness/farm-address.js';
import { type MediaName, streamOf } from '../harness/media-client.js';
import { killed, vanished } from '../harness/media-down.js';
import { redis } from '../harness/redis.js';
import { TurnServer } from '../harness/turn-server.js';
import { WhepPage } from '../harness/whep-page.js';
import { whepConformance } from '../whep/conformance.js';

let farm: Farm;
let browser: Browser;
let phone: Phone;
let turnPort: number;

beforeAll(async () => {
  const own = await ownFarm();
  // Within the farm's own ports.
  turnPort = portOf(own, 390);
  farm = new Farm({
    ...own,
    env: {
      ...own.env,
      ANCLOUD_MEDIA_INSTANCES: '2',
      ANCLOUD_MEDIA_WORKERS: '1',
      ANCLOUD_TURN_URLS: `turn:127.0.0.1:${turnPort}?transport=udp`,
    },
  });
  await farm.up();
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  await browser?.close();
  await farm?.remove();
});

/** Which of the two media-svcs carries the phone. Throws NotYet while neither does. */
async function carrierOf(phone: string): Promise<MediaName> {
  const first = await streamOf(farm.address, phone, 'media-svc').then(
    () => true,
    () => false,
  );
  if (first) return 'media-svc';
  await streamOf(farm.address, phone, 'media-svc-2');
  return 'media-svc-2';
}

/** Waits until the picture has gone on by a second's worth of frames. */
async function goesOn(viewer: ViewerPage): Promise<void> {
  const { value } = await viewer.patternWhere(({ kind }) => kind === 'motion');
  await viewer.patternWhere((pattern) => pattern.kind === 'motion' && pattern.value > value + 60);
}

it('a media-svc that dies loses its viewers to the other one, which does not wait for its lease', async () => {
  const viewer = await browser.watch(farm, phone.phoneId, 'watch');
  await goesOn(viewer);

  const dies = await carrierOf(phone.phoneId);
  const other: MediaName = dies === 'media-svc' ? 'media-svc-2' : 'media-svc';
  await killed(farm, dies, async () => {
    await eventually(async () => {
      const { record } = await streamOf(farm.address, phone.phoneId, other);
      if (record?.viewers !== 1) throw new NotYet(`${other} has ${record?.viewers ?? 0} viewers`);
    });
    await goesOn(viewer);
    expect(fs.readFileSync(path.join(farm.address.home, 'logs', `${other}.log`), 'utf8')).toContain(
      'the media-svc that carried a stream is gone; taking it over',
    );
  });
  // The dead one comes back, and takes nothing away.
  expect(await carrierOf(phone.phoneId)).toBe(other);
  await viewer.page.close();
});

it('a viewer who reaches nothing but a TURN server sees the phone through it, with the credentials of its join', async () => {
  const turn = await TurnServer.start(turnPort, farm.address.home);
  const hidden = await Browser.start();
  try {
    await hidden.onlyRelayed();
    const viewer = await hidden.watch(farm, phone.phoneId, 'watch');
    await goesOn(viewer);
    await eventually(async () => {
      const { viewers } = await farm.api<{
        viewers: { viewerId: string; iceState: string; experience: { relayed?: boolean } | null }[];
      }>('GET', `/v1/phones/${phone.phoneId}/viewers`);
      const listed = viewers.find(({ viewerId }) => viewerId === viewer.viewerId);
      if (listed?.experience?.relayed !== true) throw new NotYet(JSON.stringify(listed));
      expect(listed.iceState).toMatch(/^(connected|completed)$/);
    });
    await eventually(() => {
      // coturn writes its log behind what it does.
      if (!/user <\d+:vw_\w+>.*ALLOCATE processed, success/.test(turn.log()))
        throw new NotYet(`coturn says ${turn.log().slice(-500)}`);
    });
  } finally {
    await hidden.close();
    await turn.stop();
  }
});

describe('whep-conformance', () => {
  whepConformance({
    endpoint: async () => {
      const { whepUrl, token } = await farm.viewer(phone.phoneId, 'watch');
      const iceServers = [`turn:127.0.0.1:${turnPort}?transport=udp`];
      return { url: whepUrl, authorization: `Bearer ${token}`, origin: farm.address.url, iceServers };
    },
  });
});

describe('by WHEP', () => {
  it('the 201 links to the TURN server with a login of the viewer that was let in, which ends', async () => {
    // The farm's secret, and the time of the end, are all that such a login is made of.
    const secret = secretOf(farm.address, 'turn');
    const players = [
      await WhepPage.open(browser, farm, phone.phoneId),
      await WhepPage.open(browser, farm, phone.phoneId),
    ];
    const names = new Set<string>();
    for (const player of players) {
      const [link, ...others] = await player.iceServers();
      expect(others).toEqual([]);
      expect(link).toMatchObject({
        url: `turn:127.0.0.1:${turnPort}?transport=udp`,
        username: expect.stringMatching(new RegExp(`^\\d+:${player.viewerId}$`)),
        credentialType: 'password',
      });
      const { username = '', credential } = link ?? {};
      expect(credential).toBe(createHmac('sha1', secret).update(username).digest('base64'));
      // Not yet over, and not good for ever: a WHEP session lasts 12 hours.
      const goodForMs = Number(username.split(':')[0]) * 1_000 - Date.now();
      expect(goodForMs).toBeGreaterThan(0);
      expect(goodForMs).toBeLessThanOrEqual(12 * 3_600_000);
      names.add(username);
      expect(await player.end()).toBe(200);
      await player.page.close();
    }
    expect(names.size).toBe(players.length);
  });

  it('a player who reaches nothing but that TURN server plays by the login of its 201', async () => {
    const turn = await TurnServer.start(turnPort, farm.address.home);
    const hidden = await Browser.start();
    try {
      await hidden.onlyRelayed();
      const player = await WhepPage.open(hidden, farm, phone.phoneId);
      await player.useIceServers();
      expect(await player.restartIce()).toBe(200);
      await player.goesOn();
      await eventually(() => {
        if (!new RegExp(`user <\\d+:${player.viewerId}>.*ALLOCATE processed, success`).test(turn.log()))
          throw new NotYet(`coturn says ${turn.log().slice(-500)}`);
      });
    } finally {
      await hidden.close();
      await turn.stop();
    }
  });

  it.each([
    ['dies', killed],
    ['vanishes', vanished],
  ])(
    'a player of a media-svc that %s hears so when it asks next, and plays at the other one',
    async (_, ends) => {
      const [asks, leaves] = [
        await WhepPage.open(browser, farm, phone.phoneId),
        await WhepPage.open(browser, farm, phone.phoneId),
      ];
      await asks.goesOn();
      const first = await carrierOf(phone.phoneId);
      await ends(farm, first, async () => {
        expect(await asks.restartIce()).toBe(404);
        const again = await WhepPage.open(browser, farm, phone.phoneId);
        await again.goesOn();
        expect(await carrierOf(phone.phoneId)).not.toBe(first);
        expect(await asks.restartIce()).toBe(404);
        expect(await leaves.end()).toBe(404);
        // Nothing of those that were there.
        const { viewers } = await farm.api<{ viewers: { viewerId: string }[] }>(
          'GET',
          `/v1/phones/${phone.phoneId}/viewers`,
        );
        const listed = viewers.map(({ viewerId }) => viewerId);
        expect(listed).toContain(again.viewerId);
        for (const { viewerId } of [asks, leaves]) {
          expect(listed).not.toContain(viewerId);
          expect(await redis(farm.address, 'exists', `viewer:${viewerId}`)).toBe('0');
          expect(await redis(farm.address, 'zscore', `phone:${phone.phoneId}:viewers`, viewerId)).toBe('');
        }
        expect(await again.end()).toBe(200);
        for (const { page } of [asks, leaves, again]) await page.close();
      });
    },
  );

  it('a player stays listed by the word of its media-svc, again and again', async () => {
    const player = await WhepPage.open(browser, farm, phone.phoneId);
    const left = async (): Promise<number> =>
      Number(await redis(farm.address, 'pttl', `viewer:${player.viewerId}`));
    let least = await left();
    // Five minutes: who is not told of any more runs out.
    expect(least).toBeLessThanOrEqual(300_000);
    await eventually(async () => {
      const now = await left();
      if (now <= least) {
        least = now;
        throw new NotYet(`${now} ms are left`);
      }
    });
    expect(await player.end()).toBe(200);
    expect(await left()).toBe(-2);
    await player.page.close();
  });
});
