import type { Page } from 'playwright-core';
import { outage } from '../core/outage.js';
import { pause } from './command.js';
import type { PhoneElement } from './browser.js';

const LOOK_MS = 250;
const PATIENCE_MS = 60_000;

/** When a page showed the frames of its phone; from `begin` on. */
export class ShownFrames {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async begin(page: Page): Promise<ShownFrames> {
    await page.evaluate(() => {
      const { video } = document.querySelector('ancloud-phone') as PhoneElement;
      const shown: number[] = [];
      Object.assign(globalThis, { shown });
      const look = (_: number, { expectedDisplayTime }: VideoFrameCallbackMetadata): void => {
        shown.push(expectedDisplayTime);
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    });
    return new ShownFrames(page);
  }

  /** How long the page lacks its picture after `lose` was done, ms. Some ms more than the truth: so long is the question for the page's time on its way. */
  async lackedAfter(lose: () => void): Promise<number> {
    const since = await this.#page.evaluate(() => performance.now());
    lose();
    for (let left = PATIENCE_MS / LOOK_MS; left > 0; left--) {
      await pause(LOOK_MS);
      const lacked = outage(await this.#shown(), since);
      if (lacked !== undefined) return lacked;
    }
    throw new Error(`the picture did not come back within ${PATIENCE_MS / 1_000} s`);
  }

  #shown(): Promise<number[]> {
    return this.#page.evaluate(() => (globalThis as unknown as { shown: number[] }).shown);
  }
}
