import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p50, p95 } from '../core/stats.js';
import type { PhoneElement } from '../io/browser.js';
import { pause } from '../io/command.js';
import { onWatchedPage } from '../io/watched-page.js';

const TOUCHES = 60;
const WARM_UP = 5;
/** Some seconds, in which the player finds how long the picture is to wait for the sound. */
const WARM_UP_HEARD = 60;

/** From a pointer event in Chromium to the frame that shows the phone's answer to it, by the app Latency: muted, and with the sound on. */
export async function touchToPhoton(bench: Bench): Promise<Finding[]> {
  const muted = await touches(bench, WARM_UP, async () => undefined);
  const heard = await touches(bench, WARM_UP_HEARD, (page) =>
    page.getByRole('button', { name: 'Sound', exact: true }).click(),
  );
  return [
    { metric: 'p50', value: p50(muted), samples: muted },
    { metric: 'p95', value: p95(muted), samples: muted },
    { metric: 'heard_p50', value: p50(heard), samples: heard },
    { metric: 'heard_p95', value: p95(heard), samples: heard },
  ];
}

function touches(bench: Bench, warmUp: number, first: (page: Page) => Promise<void>): Promise<number[]> {
  return onWatchedPage(bench, { app: 'latency', role: 'control' }, async (page) => {
    await first(page);
    await watchColour(page);
    const samples: number[] = [];
    for (let i = 0; i < TOUCHES + warmUp; i++) {
      const took = await oneTouch(page);
      if (i >= warmUp) samples.push(took);
      // Against the beat of the display, not with it.
      await pause(40 + ((i * 37) % 90));
    }
    return samples;
  });
}

interface Watch {
  /** performance.now() timeline: when the last pointer event was made. */
  touchedAt: number;
  /** Called with the display time of each frame of another colour than the one before. */
  flipped: (displayedAt: number) => void;
}

/** From now on each frame's colour is read in its requestVideoFrameCallback, and each pointer event's time is kept. */
async function watchColour(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { video } = document.querySelector('ancloud-phone') as PhoneElement;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const watch: Watch = { touchedAt: 0, flipped: () => undefined };
    Object.assign(globalThis, { watch });
    addEventListener('pointerdown', (event) => (watch.touchedAt = event.timeStamp), { capture: true });
    const isMagenta = (): boolean => {
      // A point below the middle that is all colour: the pattern ends at 44 % of the height.
      const { videoWidth: width, videoHeight: height } = video;
      context?.drawImage(video, width / 2, height * 0.85, 1, 1, 0, 0, 1, 1);
      const [red = 0, green = 0] = context?.getImageData(0, 0, 1, 1).data ?? [];
      return red > green;
    };
    // The screen is still: no frame comes by itself to compare the first answer with.
    let magenta = isMagenta();
    const look = (_: number, frame: VideoFrameCallbackMetadata): void => {
      const now = isMagenta();
      if (now !== magenta) watch.flipped(frame.expectedDisplayTime);
      magenta = now;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });
}

/** A press and a lift through Chromium's own input pipeline; ms from the event to the display of the answer. */
async function oneTouch(page: Page): Promise<number> {
  const box = await page.evaluate(() => {
    const { video } = document.querySelector('ancloud-phone') as PhoneElement;
    const { x, y, width, height } = video.getBoundingClientRect();
    const { watch } = globalThis as unknown as { watch: Watch };
    const answer = new Promise<number>((resolve, reject) => {
      setTimeout(() => reject(new Error('no answer within 5 s')), 5_000);
      watch.flipped = (displayedAt) => resolve(displayedAt - watch.touchedAt);
    });
    Object.assign(globalThis, { answer });
    return { x: x + width * 0.5, y: y + height * 0.7 };
  });
  await page.mouse.move(box.x, box.y);
  await page.mouse.down();
  const took = await page.evaluate(() => (globalThis as unknown as { answer: Promise<number> }).answer);
  await page.mouse.up();
  return took;
}
