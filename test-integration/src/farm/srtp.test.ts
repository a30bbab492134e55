import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { ownFarm } from '../harness/farm-address.js';
import { counted } from '../harness/metrics.js';
import { layersEncoded, videoServers } from '../harness/video-servers.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { WhepPage } from '../harness/whep-page.js';

// A farm whose pictures are encrypted between session-svc and media-svc, as they are by themselves where those are two machines.
let farm: Farm;
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  const own = await ownFarm();
  farm = new Farm({
    ...own,
    env: { ...own.env, ANCLOUD_RTP_SRTP: 'always', ANCLOUD_STREAM_IDLE_SECONDS: '1' },
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

async function heard(viewer: ViewerPage): Promise<void> {
  const before = await viewer.soundPackets();
  await eventually(async () => {
    const now = await viewer.soundPackets();
    if (now < before + 50) throw new NotYet(`${now - before} packets of sound have come`);
  });
}

const attachments = (srtp: 'yes' | 'no'): Promise<number> =>
  counted(farm, 'session-svc', 'ancloud_rtp_attachments_total', `srtp="${srtp}"`);

async function nobodyWatches(): Promise<void> {
  await eventually(() => {
    const servers = videoServers(farm, phone.phoneId);
    if (servers.length > 0) throw new NotYet(`there are video servers ${servers.join()}`);
  });
}

it('is seen and heard in Chromium, and again when media-svc and session-svc were killed', async () => {
  await browser.watchConnections();
  const viewer = await browser.watch(farm, phone.phoneId, 'watch');
  await viewer.goesOn();
  const sound = viewer.page.getByRole('button', { name: 'Sound', exact: true });
  await eventually(async () => {
    if (!(await sound.isEnabled())) throw new NotYet('there is no sound to unmute');
  });
  await sound.click();
  await heard(viewer);
  const before = await attachments('yes');
  expect(before).toBeGreaterThan(0);

  await farm.kill('media-svc');
  await viewer.goesOn();
  await heard(viewer);
  expect(await attachments('yes')).toBeGreaterThan(before);

  // It forgets what it counted, and with it every key.
  await farm.kill('session-svc');
  await farm.viewable(phone.phoneId);
  await viewer.goesOn();
  await heard(viewer);
  expect(await attachments('yes')).toBeGreaterThan(0);
  expect(await attachments('no')).toBe(0);
  await viewer.page.close();
});

it('has a low layer that is read where nobody is sent more, and a main one each time it runs beside', async () => {
  await nobodyWatches();
  const tile = await browser.glance(farm, phone.phoneId);
  await tile.goesOn();
  expect(layersEncoded(farm, phone.phoneId)).toEqual(['low']);
  for (let round = 0; round < 2; round += 1) {
    const viewer = await browser.watch(farm, phone.phoneId, 'watch');
    await viewer.goesOn();
    await viewer.page.close();
    await eventually(() => {
      const layers = layersEncoded(farm, phone.phoneId).join();
      if (layers !== 'low') throw new NotYet(`the phone encodes ${layers}`);
    });
    await tile.goesOn();
  }
  expect(await tile.events('firstframe')).toHaveLength(1);
  await tile.page.close();
});

it('has a low layer that is read each time it begins', async () => {
  await nobodyWatches();
  // Keeps the attachment, so that both low layers are of one key.
  const keeper = await browser.watch(farm, phone.phoneId, 'watch');
  await keeper.goesOn();
  for (let round = 0; round < 2; round += 1) {
    const { token, whepUrl } = await farm.viewer(phone.phoneId, 'watch');
    const low = await WhepPage.open(browser, farm, phone.phoneId, {
      url: `${whepUrl}?layer=low`,
      authorization: `Bearer ${token}`,
    });
    await low.isWide(270);
    await low.goesOn();
    expect(await low.end()).toBe(200);
    await low.page.close();
    await eventually(() => {
      const servers = videoServers(farm, phone.phoneId);
      if (servers.length > 1)
        throw new NotYet(`the low layer's video server is still there: ${servers.join()}`);
    });
  }
  await keeper.page.close();
});
