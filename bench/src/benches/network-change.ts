import crypto from 'node:crypto';
import { TwoCables } from '@ancloud/testkit';
import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p50, p95 } from '../core/stats.js';
import { Browser, firstFrameMs, type PhoneElement } from '../io/browser.js';
import { pause } from '../io/command.js';
import { Farm, newPlace } from '../io/farm.js';

const CHANGES = 20;
/** The player takes a connection that lived so long for a steady one, and comes again at once when it ends. */
const STEADY_MS = 6_000;

/** A viewer whose cable is pulled out and who gets another: from then to the first frame that came by it is shown, on a moving screen. */
export async function networkChange(bench: Bench): Promise<Finding[]> {
  const cables = TwoCables.create(() => `10.${crypto.randomInt(234, 255)}.${crypto.randomInt(0, 255)}.1/24`);
  try {
    const farm = new Farm(bench.root, bench.guest, newPlace(cables.farm));
    try {
      await farm.up();
      const samples = await changes(farm, cables);
      return [
        { metric: 'p50', value: p50(samples), samples },
        { metric: 'p95', value: p95(samples), samples },
      ];
    } finally {
      await farm.remove();
    }
  } finally {
    cables.remove();
  }
}

async function changes(farm: Farm, cables: TwoCables): Promise<number[]> {
  const url = farm.url.replace('127.0.0.1', cables.farm);
  const phone = await farm.create();
  await farm.open(phone, 'motion');
  const browser = await Browser.create(cables.chromium, url);
  try {
    const page = await browser.page({ url });
    await firstFrameMs(page, (await farm.viewer(phone, 'control')).token);
    await watchArrivals(page);
    const samples: number[] = [];
    for (let i = 0; i < CHANGES; i++) {
      await pause(STEADY_MS);
      cables.plug(i % 2 === 0 ? 'b' : 'a');
      samples.push(await nextArrival(page));
    }
    return samples;
  } finally {
    await browser.close();
  }
}

interface Watch {
  /** Ends the present wait with a frame's metadata. */
  shown: (frame: VideoFrameCallbackMetadata) => void;
}

async function watchArrivals(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { video } = document.querySelector('ancloud-phone') as PhoneElement;
    const watch: Watch = { shown: () => undefined };
    Object.assign(globalThis, { watch });
    const look = (_: number, frame: VideoFrameCallbackMetadata): void => {
      watch.shown(frame);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });
}

/** ms from now to the display of the first frame that is received after now. Some ms less than the truth: so long is the question on its way. */
function nextArrival(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const since = performance.now();
        setTimeout(() => reject(new Error('no frame within 30 s')), 30_000);
        const { watch } = globalThis as unknown as { watch: Watch };
        watch.shown = ({ receiveTime = 0, expectedDisplayTime }) => {
          if (receiveTime > since) resolve(expectedDisplayTime - since);
        };
      }),
  );
}
