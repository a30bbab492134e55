import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Farm } from './farm.js';

/** Debian's Chromium without a window; nothing that looks for the internet. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The element as pages here use it. */
export interface PhoneElement extends HTMLElement {
  readonly video: HTMLVideoElement;
}

/** One browser with an empty profile. */
export class Browser {
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  static async create(): Promise<Browser> {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-bench-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env['ANCLOUD_CHROMIUM'] ?? '/usr/bin/chromium',
      headless: true,
      args: FLAGS,
      viewport: { width: 500, height: 900 },
    });
    return new Browser(context, profile);
  }

  /**
   * A page with the component in it that has no token yet: nothing is connected.
   * @param first runs in the page before its own scripts; self-contained, since its source is sent.
   */
  async page(farm: Farm, first?: () => void): Promise<Page> {
    const page = await this.context.newPage();
    if (first !== undefined) await page.addInitScript(first);
    await page.goto(`${farm.url}/sample.html`);
    await page.waitForFunction(() => customElements.get('ancloud-phone') !== undefined);
    return page;
  }

  async close(): Promise<void> {
    await this.context.close();
    fs.rmSync(this.#profile, { recursive: true, force: true });
  }
}

/** Gives the page's component its token; ms from then until the browser handed over its first frame for display. */
export function firstFrameMs(page: Page, token: string): Promise<number> {
  return page.evaluate(
    (secret) =>
      new Promise<number>((resolve, reject) => {
        const element = document.querySelector('ancloud-phone');
        if (element === null) {
          reject(new Error('the page has no phone'));
          return;
        }
        setTimeout(() => reject(new Error('no frame within 20 s')), 20_000);
        element.addEventListener('firstframe', () => resolve(performance.now() - began), { once: true });
        const began = performance.now();
        element.setAttribute('token', secret);
      }),
    token,
  );
}
