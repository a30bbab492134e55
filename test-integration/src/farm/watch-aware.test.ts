import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { scrcpyServers, videoServers } from '../harness/video-servers.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

describe('watch-aware', () => {
  it('nobody watches: the phone encodes nothing, its control server stays; the next viewer sees it again', async () => {
    expect(videoServers(farm, phone.phoneId)).toEqual([]);
    const control = scrcpyServers(farm, phone.phoneId, false);
    expect(control).toHaveLength(1);
    for (let round = 0; round < 2; round++) {
      const viewer = await browser.watch(farm, phone.phoneId, 'watch');
      await viewer.firstFrame();
      expect(videoServers(farm, phone.phoneId)).toHaveLength(1);
      await viewer.page.close();
      await eventually(() => {
        const video = videoServers(farm, phone.phoneId);
        if (video.length > 0) throw new NotYet(`a video server runs for nobody: ${video.join(' ')}`);
      });
      expect(scrcpyServers(farm, phone.phoneId, false)).toEqual(control);
    }
  });
});
