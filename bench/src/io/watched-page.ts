import type { Page } from 'playwright-core';
import type { Bench } from '../bench.js';
import { firstFrameMs } from './browser.js';
import type { Farm } from './farm.js';

export interface Watched {
  /** On the phone's screen. */
  readonly app: Parameters<Farm['open']>[1];
  readonly role: 'watch' | 'control';
  /** More attributes of the component. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Runs in the page before anything else does. */
  readonly prepare?: () => void;
}

/** Measures in a page of Chromium that has shown a first frame of a phone of its own; both are gone afterwards. */
export async function onWatchedPage<T>(
  bench: Bench,
  { app, role, attributes = {}, prepare }: Watched,
  measure: (page: Page, phone: string, farm: Farm) => Promise<T>,
): Promise<T> {
  const farm = await bench.farm();
  const browser = await bench.browser();
  const phone = await farm.create();
  try {
    await farm.open(phone, app);
    const page = await browser.page(farm, prepare);
    try {
      await page.evaluate((given) => {
        for (const [name, value] of Object.entries(given))
          document.querySelector('ancloud-phone')?.setAttribute(name, value);
      }, attributes);
      await firstFrameMs(page, (await farm.viewer(phone, role)).token);
      return await measure(page, phone, farm);
    } finally {
      await page.close();
    }
  } finally {
    await farm.delete(phone);
  }
}
