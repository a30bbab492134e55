import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CDPSession } from 'playwright-core';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { execIn, hostClient } from '../harness/host-client.js';

// Fingers on a touch screen, from Chromium's own touch events to what the phone's input manager says is down.

const farm = new Farm(inject('farm'));
const host = hostClient(farm.address);
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
  host.close();
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
const said = (count: number, text: string): boolean => new RegExp(`Pointers down: ${count}\\b`).test(text);
const down = (count: number): Promise<void> =>
  eventually(async () => {
    const text = await farm.shell(phone.phoneId, 'dumpsys input');
    if (!said(count, text)) throw new NotYet(text);
  });
/** How long fingers are looked for on the phone before they are lifted and put down anew. */
const LOOK_MS = 5_000;
/**
 * Puts fingers down until the phone has them all at once. Those of a page that stands still for a second are lifted by the farm and stay
 * up, as they should: then it is begun anew.
 */
const holds = (count: number, press: () => Promise<void>, release: () => Promise<void>): Promise<void> =>
  eventually(async () => {
    await press();
    try {
      await eventually(async () => {
        const { stdout } = await execIn(host, phone.phoneId, { argv: ['/system/bin/dumpsys', 'input'] });
        if (!said(count, stdout)) throw new NotYet(stdout);
      }, LOOK_MS);
    } catch (error) {
      await release();
      throw error;
    }
  });
const lift = (): Promise<void> => touch('touchEnd', []);
/** Where the echoes of fingers are drawn now. */
const rings = (): Promise<string[]> =>
  viewer.page.evaluate(() => {
    const root = document.querySelector('ancloud-phone')?.shadowRoot;
    return [...(root?.querySelectorAll<HTMLElement>('.ring') ?? [])].map(({ style }) => style.transform);
  });

describe('a touch screen', () => {
  it('has ten fingers at once on the phone, each with its ring', async () => {
    await holds(10, async () => touch('touchStart', await fingers(10)), lift);
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
    const unheard = async (): Promise<void> => {
      process.kill(media, 'SIGSTOP');
      try {
        await touch('touchStart', await fingers(1));
        expect(await rings()).toHaveLength(1);
      } finally {
        process.kill(media, 'SIGCONT');
      }
    };
    await holds(1, unheard, lift);
    await touch('touchEnd', []);
    await down(0);
    expect(await rings()).toEqual([]);
  });

  it('gives fingers to the browser’s own gestures: they are lifted as never down, not tapped', async () => {
    await holds(2, async () => touch('touchStart', await fingers(2)), lift);
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
    await holds(
      2,
      () => mouse.down(),
      () => mouse.up(),
    );
    await mouse.move(at.x - 10, at.y - 10);
    expect(await rings()).toHaveLength(2);
    await mouse.up();
    await keyboard.up('Control');
    await down(0);
  });
});
