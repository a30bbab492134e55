import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import type { ViewerPage } from '../harness/viewer-page.js';

const farm = new Farm(inject('farm'));
/** The least that can be asked for is a minute; a loaded machine takes several times that. */
const IDLE_MS = 600_000;
let browser: Browser;
let watched: Phone;
let alone: Phone;
/** By a thumbnail. */
let glanced: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  // The watched one first: when the other has been idle for long enough, it would have been for longer.
  watched = await farm.create({ idlePauseMinutes: 1 });
  await farm.viewable(watched.phoneId);
});
afterAll(async () => {
  await browser?.close();
  for (const phone of [watched, alone, glanced]) if (phone !== undefined) await farm.delete(phone.phoneId);
});

const paused = ({ phoneId }: Phone): Promise<void> =>
  eventually(async () => {
    const { phase, reason } = await farm.phone(phoneId);
    if (phase !== 'paused') throw new NotYet(`${phoneId} is ${phase} ${reason}`);
  }, IDLE_MS);

/** A viewer that looks in passing, as a tile of the wall does. */
async function glance({ phoneId }: Phone): Promise<ViewerPage> {
  const spec = { role: 'watch', layer: 'low' };
  const made = await farm.api<{ viewerId: string; token: string }>(
    'POST',
    `/v1/phones/${phoneId}/viewers`,
    spec,
  );
  return browser.open(farm, made);
}

it(
  'a phone that somebody watches is not idle; one that nobody watches, or in passing, is paused, and goes on for who comes',
  { timeout: 3 * IDLE_MS },
  async () => {
    const viewer = await browser.watch(farm, watched.phoneId, 'watch');
    await viewer.firstFrame();
    [alone, glanced] = await Promise.all([
      farm.create({ idlePauseMinutes: 1 }),
      farm.create({ idlePauseMinutes: 1 }),
    ]);
    const thumbnail = await glance(glanced);
    await Promise.all([paused(alone), paused(glanced)]);
    // It was there all the while, and still is.
    const { viewers } = await farm.api<{ viewers: object[] }>('GET', `/v1/phones/${glanced.phoneId}/viewers`);
    expect(viewers).toMatchObject([{ pinned: true, connected: true }]);
    await thumbnail.page.close();
    expect(await farm.phone(watched.phoneId)).toMatchObject({ phase: 'ready', viewers: 1 });
    const decoded = await viewer.framesDecoded();
    await farm.shell(watched.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
    await eventually(async () => {
      if ((await viewer.framesDecoded()) <= decoded) throw new NotYet('its picture stands');
    });

    await viewer.page.close();
    await paused(watched);
    const again = await browser.watch(farm, watched.phoneId, 'watch');
    expect(await again.firstFrame()).toEqual({ width: 720, height: 1280 });
    expect((await farm.phone(watched.phoneId)).phase).toBe('ready');
    await again.page.close();
  },
);
