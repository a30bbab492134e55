import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { mediaWorkerPid, streamOf } from '../harness/media-client.js';

// The farm of this tier has two media workers and spreads a stream at its second viewer (harness/farm-setup.ts).
const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

async function workerOf(viewer: ViewerPage): Promise<number> {
  const { viewers } = await streamOf(farm.address, phone.phoneId);
  const found = viewers.find(({ viewerId }) => viewerId === viewer.viewerId);
  if (found === undefined) throw new NotYet(`viewer ${viewer.viewerId} is not on the stream`);
  return found.worker;
}

describe('fan-out', () => {
  it('viewers on two workers see one phone; a worker that dies takes only its own, and they come back', async () => {
    const first = await browser.watch(farm, phone.phoneId, 'watch');
    await first.firstFrame();
    const second = await browser.watch(farm, phone.phoneId, 'watch');
    await second.firstFrame();
    await first.goesOn();
    await second.goesOn();

    const stays = await workerOf(first);
    const dies = await workerOf(second);
    expect(dies).not.toBe(stays);
    const before = await first.events('state');
    const dead = mediaWorkerPid(farm.address, dies);
    process.kill(dead, 'SIGKILL');

    await eventually(async () => {
      const states = (await second.events('state')).map(({ detail }) => detail['state']);
      if (states.filter((state) => state === 'live').length < 2)
        throw new NotYet(`the viewer of the dead worker went through ${states.join(', ')}`);
    });
    await second.goesOn();
    await first.goesOn();
    // Nothing happened to it.
    expect(await first.events('state')).toEqual(before);
    await workerOf(second);
    await first.page.close();
    await second.page.close();
  });

  it('somebody on the second worker holds the controls as well as anybody', async () => {
    await farm.shell(phone.phoneId, 'am start -n com.ancloud.latency/.MainActivity');
    const first = await browser.watch(farm, phone.phoneId, 'watch');
    const value = await first.taps(farm, phone.phoneId);
    const second = await browser.watch(farm, phone.phoneId, 'control');
    await second.firstFrame();
    expect(await eventually(() => workerOf(second))).not.toBe(await workerOf(first));
    await second.click(0.5, 0.7);
    await second.patternWhere((pattern) => pattern.value === value + 1);
    await first.page.close();
    await second.page.close();
  });
});
