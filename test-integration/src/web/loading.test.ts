import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../harness/eventually.js';
import { buildConsole, MockGateway, startChromium } from './console-page.js';

describe('a console whose code does not come whole', () => {
  let browser: Browser;
  let gateway: MockGateway;

  beforeAll(async () => {
    buildConsole();
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    gateway = await MockGateway.start();
  });
  afterEach(() => gateway.close());

  /** Breaks as a change of network does. The code of the link is spent by nothing that was not whole. */
  async function opened(link: string, broken: (nth: number) => boolean, name: RegExp): Promise<Page> {
    const context = await browser.newContext();
    const asked = new Map<string, number>();
    await context.route(name, (route) => {
      const nth = (asked.get(route.request().url()) ?? 0) + 1;
      asked.set(route.request().url(), nth);
      return broken(nth) ? route.abort('connectionreset') : route.continue();
    });
    const one = await context.newPage();
    one.setDefaultTimeout(PATIENCE_MS);
    await one.goto(link);
    return one;
  }

  it('is loaded once more, by the same link', async () => {
    const page = await opened(gateway.link, (nth) => nth < 3, /assets.*\.js$/);
    await page.getByRole('heading', { name: 'Phones', level: 1 }).waitFor();
    await page.context().close();
  });

  it('is loaded once more when what a page of it needs does not come', async () => {
    const page = await opened(gateway.link, (nth) => nth < 2, /hosts-page.*\.js$/);
    await page.getByRole('link', { name: 'Hosts' }).click();
    await page.getByText('6 of 24 phones').waitFor();
    await page.context().close();
  });

  it('says so when it never comes', async () => {
    const page = await opened(gateway.link, () => true, /assets.*\.js$/);
    await page.getByRole('alert').getByText('This page could not be loaded.').waitFor();
    await page.context().close();
  });

  it('keeps a shared phone’s token until it is whole', async () => {
    const page = await opened(
      `${gateway.origin}/shared.html#token=a-token`,
      (nth) => nth < 2,
      /ancloud-phone\.js$/,
    );
    await page.locator('ancloud-phone[token="a-token"]').waitFor();
    expect(page.url()).toBe(`${gateway.origin}/shared.html`);
    await page.context().close();
  });
});
