import { TwoCables } from '@ancloud/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { ownFarm } from '../harness/farm-address.js';
import { freeSubnet } from '../harness/places.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { WhepPage } from '../harness/whep-page.js';

// Viewers in two networks, of which neither reaches the media where the other does; the farm listens in both, and by both families.

const HERE = '127.0.0.1';
const HERE_TOO = '::1';

let cables: TwoCables;
let farm: Farm;
/** The same, as it is seen from the other network. */
let outside: Farm;
let phone: Phone;
/** On this machine, and in the other network. */
let here: Browser;
let there: Browser;

beforeAll(async () => {
  cables = TwoCables.create(freeSubnet);
  const own = await ownFarm();
  farm = new Farm({
    ...own,
    env: {
      ...own.env,
      ANCLOUD_HTTP_IP: '0.0.0.0',
      ANCLOUD_PUBLIC_URL: own.url.replace('127.0.0.1', cables.farm),
      ANCLOUD_ALLOWED_ORIGINS: own.url,
      ANCLOUD_WEBRTC_LISTEN_IP: [HERE, HERE_TOO, cables.farm].join(','),
      ANCLOUD_MEDIA_WORKERS: '1',
    },
  });
  await farm.up();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.latency/.MainActivity');
  outside = new Farm({ ...farm.address, url: own.url.replace('127.0.0.1', cables.farm) });
  here = await Browser.start();
  there = await Browser.start({ chromium: cables.chromium, trusted: outside.address.url });
  for (const browser of [here, there]) await browser.watchConnections();
});
afterAll(async () => {
  for (const browser of [here, there]) await browser?.close();
  await farm?.remove();
  cables?.remove();
});

/** How the page's connections reach the farm; without those that were made to ask what the browser can do. */
async function reached(page: ViewerPage['page']): Promise<string[]> {
  return page.evaluate(async () => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const ways: string[] = [];
    for (const connection of connections.filter(({ connectionState }) => connectionState === 'connected')) {
      const report = (await connection.getStats()) as unknown as ReadonlyMap<string, Record<string, unknown>>;
      const all = [...report.values()];
      const transport = all.find(({ type }) => type === 'transport');
      const pair = all.find(({ id }) => id === transport?.['selectedCandidatePairId']);
      const remote = all.find(({ id }) => id === pair?.['remoteCandidateId']);
      ways.push(`${String(remote?.['protocol'])} ${String(remote?.['address'])}`);
    }
    return ways;
  });
}

it('each reaches the media at an address of its own network, and touches the phone by it', async () => {
  for (const [browser, seen, addresses] of [
    // This machine has them all, and Chromium may take any.
    [here, farm, [HERE, HERE_TOO, cables.farm]],
    [there, outside, [cables.farm]],
  ] as const) {
    const viewer = await browser.watch(seen, phone.phoneId, 'owner');
    await viewer.firstFrame();
    await viewer.tapped(await viewer.taps(farm, phone.phoneId));
    const ways = await reached(viewer.page);
    expect(ways).toHaveLength(2);
    for (const way of ways) expect(addresses.map((address) => `udp ${address}`)).toContain(way);
    // Its controls are free then.
    await viewer.page.close();
  }
});

it('a player by WHEP is told them all', async () => {
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
  const player = await WhepPage.open(there, outside, phone.phoneId);
  await player.goesOn();
  expect(await reached(player.page)).toEqual([`udp ${cables.farm}`]);
});

it('the self-test finds every address, of both families, by UDP and TCP', async () => {
  await eventually(async () => {
    const { findings } = await farm.api<{ findings: { code: string; tried: string }[] }>(
      'GET',
      '/v1/ice/self-test',
    );
    const answered = findings.filter(({ code }) => /^(UDP|TCP)_ANSWERED$/.test(code));
    if (answered.length < 6) throw new NotYet(JSON.stringify(findings));
    for (const address of [HERE, `[${HERE_TOO}]`, cables.farm])
      expect(answered.filter(({ tried }) => tried.includes(` ${address}:`))).toHaveLength(2);
  });
});
