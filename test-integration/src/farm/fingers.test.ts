import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CDPSession } from 'playwright-core';
import { Browser, type ViewerPage } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';

// Fingers on a touch screen, from Chromium's own touch events to what the phone's input manager says is down.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;
let viewer: ViewerPage;
let cdp: CDPSession;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.paint/.MainActivity');
  viewer = await browser.watch(farm, phone.phoneId, 'control');
  await viewer.firstFrame();
  cdp = await viewer.page.context().newCDPSession(viewer.page);
  await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 16 });
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

interface Point {
  readonly x: number;
  readonly y: number;
  readonly id: number;
}

/** So many fingers, in rows of four, `shift` of the picture further down. */
async function fingers(count: number, shift = 0): Promise<Point[]> {
  const box = await viewer.page.evaluate(() => {
    const element = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
    return element.video.getBoundingClientRect().toJSON() as DOMRect;
  });
  return Array.from({ length: count }, (_, id) => ({
    x: box.x + box.width * (0.2 + 0.2 * (id % 4)),
    y: box.y + box.height * (0.2 + 0.15 * Math.floor(id / 4) + shift),
    id,
  }));
}
const touch = async (
  type: 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel',
  touchPoints: Point[],
): Promise<void> => {
  await cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
};
const down = (count: number): Promise<void> =>
  eventually(async () => {
    const said = await farm.shell(phone.phoneId, 'dumpsys input');
    if (!new RegExp(`Pointers down: ${count}\\b`).test(said)) throw new NotYet(said);
  });
/** Where the echoes of fingers are drawn now. */
const rings = (): Promise<string[]> =>
  viewer.page.evaluate(() => {
    const root = document.querySelector('ancloud-phone')?.shadowRoot;
    return [...(root?.querySelectorAll<HTMLElement>('.ring') ?? [])].map(({ style }) => style.transform);
  });

describe('a touch screen', () => {
  it('has ten fingers at once on the phone, each with its ring', async () => {
    await touch('touchStart', await fingers(10));
    await down(10);
    const before = await rings();
    expect(before).toHaveLength(10);
    await touch('touchMove', await fingers(10, 0.1));
    const after = await rings();
    expect(after).toHaveLength(10);
    expect(after.filter((place) => before.includes(place))).toEqual([]);
    await touch('touchEnd', []);
    await down(0);
    expect(await rings()).toEqual([]);
  });

  it('echoes a finger though nobody answers, and the touch lands when somebody does', async () => {
    const media = await farm.pid('media-svc');
    process.kill(media, 'SIGSTOP');
    try {
      await touch('touchStart', await fingers(1));
      expect(await rings()).toHaveLength(1);
    } finally {
      process.kill(media, 'SIGCONT');
    }
    await down(1);
    await touch('touchEnd', []);
    await down(0);
    expect(await rings()).toEqual([]);
  });

  it('gives fingers to the browser’s own gestures: they are lifted as never down, not tapped', async () => {
    await touch('touchStart', await fingers(2));
    await down(2);
    await touch('touchCancel', []);
    await down(0);
    expect(await rings()).toEqual([]);
  });

  it('pinches by a mouse with Ctrl held: two fingers that go apart', async () => {
    const [at] = await fingers(1);
    if (at === undefined) throw new Error('no finger');
    const { mouse, keyboard } = viewer.page;
    await keyboard.down('Control');
    await mouse.move(at.x, at.y);
    await mouse.down();
    await down(2);
    await mouse.move(at.x - 10, at.y - 10);
    expect(await rings()).toHaveLength(2);
    await mouse.up();
    await keyboard.up('Control');
    await down(0);
  });
});
