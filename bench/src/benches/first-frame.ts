import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p95 } from '../core/stats.js';
import { medianSteps } from '../core/steps.js';
import { pause } from '../io/command.js';
import { type Browser, firstFrame as arrive, type FirstFrame } from '../io/browser.js';
import type { Farm } from '../io/farm.js';

const COLD_ROUNDS = 4;
const COLD_PHONES = 3;
const VIEWERS = 15;
/** A stream ends this long after its last viewer (media-svc), with some to spare. */
const STREAM_GONE_MS = 10_500;

/** From the token to the first frame in Chromium: nobody watches yet; somebody does, on a still and on a moving screen. */
export async function firstFrame(bench: Bench): Promise<Finding[]> {
  const farm = await bench.farm();
  const browser = await bench.browser();
  const phones: string[] = [];
  try {
    for (let i = 0; i < COLD_PHONES; i++) phones.push(await farm.create());
    const cold = await coldFrames(farm, browser, phones, bench);
    const [phone = ''] = phones;
    const still = await secondViewers(farm, browser, phone, 'latency');
    const moving = await secondViewers(farm, browser, phone, 'motion');
    return Object.entries({ cold, second_viewer_still: still, second_viewer_moving: moving }).map(
      ([name, frames]) => {
        bench.say(`first-frame: ${name}, median ms to each step: ${medianSteps(frames)}`);
        const samples = frames.map(({ ms }) => ms);
        return { metric: `${name}_p95`, value: p95(samples), samples };
      },
    );
  } finally {
    for (const phone of phones) await farm.delete(phone);
  }
}

/** Each round asks one phone after the other, so that their streams run out side by side. */
async function coldFrames(
  farm: Farm,
  browser: Browser,
  phones: readonly string[],
  bench: Bench,
): Promise<FirstFrame[]> {
  const samples: FirstFrame[] = [];
  for (let round = 0; round < COLD_ROUNDS; round++) {
    if (round > 0) await pause(STREAM_GONE_MS);
    for (const phone of phones) samples.push(await oneViewer(farm, browser, phone));
    bench.say(`first-frame: ${samples.length} cold starts`);
  }
  return samples;
}

async function secondViewers(
  farm: Farm,
  browser: Browser,
  phone: string,
  app: 'latency' | 'motion',
): Promise<FirstFrame[]> {
  const first = await browser.page(farm);
  try {
    await farm.open(phone, app);
    await arrive(first, (await farm.viewer(phone, 'watch')).token);
    const samples: FirstFrame[] = [];
    for (let i = 0; i < VIEWERS; i++) {
      // Not in step with anything that is periodic: key frames come every two seconds.
      await pause(200 + ((i * 137) % 300));
      samples.push(await oneViewer(farm, browser, phone));
    }
    return samples;
  } finally {
    await first.close();
  }
}

async function oneViewer(farm: Farm, browser: Browser, phone: string): Promise<FirstFrame> {
  const page: Page = await browser.page(farm);
  try {
    const { token } = await farm.viewer(phone, 'watch');
    return await arrive(page, token);
  } finally {
    await page.close();
  }
}
