import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { chromiumProgram } from '@ancloud/testkit';
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

  /**
   * @param program Chromium's, e.g. one in another network.
   * @param trusted an origin that is trusted as loopback is: of other plain HTTP Chromium keeps media away.
   */
  static async create(program = chromiumProgram, trusted?: string): Promise<Browser> {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-bench-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: program,
      headless: true,
      args:
        trusted === undefined ? FLAGS : [...FLAGS, `--unsafely-treat-insecure-origin-as-secure=${trusted}`],
      viewport: { width: 500, height: 900 },
      // Playwright's own end the process once the browser is gone: the farm would stay.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    return new Browser(context, profile);
  }

  /**
   * A page with the component in it that has no token yet: nothing is connected.
   * @param first runs in the page before its own scripts; self-contained, since its source is sent.
   */
  async page(farm: Pick<Farm, 'url'>, first?: () => void): Promise<Page> {
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

/** ms from the token until the browser handed over the first frame for display, and to each step on the way. */
export interface FirstFrame {
  readonly ms: number;
  /** As the component tells them in `firstframe`, in their order. */
  readonly steps: Readonly<Record<string, number>>;
}

/** Gives the page's component its token. */
export async function firstFrameMs(page: Page, token: string): Promise<number> {
  return (await firstFrame(page, token)).ms;
}

export function firstFrame(page: Page, token: string): Promise<FirstFrame> {
  return page.evaluate(
    (secret) =>
      new Promise<FirstFrame>((resolve, reject) => {
        const element = document.querySelector('ancloud-phone');
        if (element === null) {
          reject(new Error('the page has no phone'));
          return;
        }
        setTimeout(() => reject(new Error('no frame within 20 s')), 20_000);
        element.addEventListener(
          'firstframe',
          (event) => {
            const { steps } = (event as CustomEvent<{ steps: Record<string, number> }>).detail;
            resolve({ ms: performance.now() - began, steps });
          },
          { once: true },
        );
        const began = performance.now();
        // The phone's own picture is what is measured, also where a busy machine looks like a weak link.
        element.setAttribute('quality', 'high');
        element.setAttribute('token', secret);
      }),
    token,
  );
}
