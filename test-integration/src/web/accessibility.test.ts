import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildConsole, faint, MockGateway, nameless, openConsole, startChromium } from './console-page.js';

/** The console for those who have no mouse, see little, or have a small screen; against a pretended gateway. */
describe('the console', () => {
  let browser: Browser;
  let gateway: MockGateway;
  let page: Page;
  let violations: string[];

  beforeAll(async () => {
    buildConsole();
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    gateway = await MockGateway.start();
    ({ page, violations } = await openConsole(browser, gateway));
    await page.getByRole('heading', { name: 'Phones', level: 1 }).waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    gateway.close();
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });

  const card = (name: string) =>
    page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) });
  /** Waits until what has the focus is called `name`: dialogs and menus give it back a moment after they are gone. */
  const focused = async (name: string): Promise<void> => {
    await page.waitForFunction((wanted) => {
      const element = document.activeElement;
      return (element?.getAttribute('aria-label') ?? element?.textContent ?? '') === wanted;
    }, name);
  };

  it('is used with the keyboard alone', async () => {
    await page.getByRole('button', { name: 'New phone' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.textContent?.includes('New phone'));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await page.keyboard.type('by keys');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await card('by keys').waitFor();
    // On from the button, over the cards in their order, each with its link and its menu.
    await page.getByRole('button', { name: 'New phone' }).focus();
    await page.keyboard.press('Tab');
    await focused('by keys');
    await page.keyboard.press('Tab');
    await focused('Actions for by keys');
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await focused('Actions for by keys');
    await page.keyboard.press('Shift+Tab');
    await focused('by keys');
    await page.keyboard.press('Enter');
    // Another page begins at its heading.
    await page.getByRole('heading', { name: 'by keys', level: 1 }).waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    expect(await page.title()).toBe('by keys · ancloud');
  });

  it.each(['light', 'dark'] as const)(
    'gives every control a name and every text contrast, in %s',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.getByRole('img', { name: 'Screen of checkout tests' }).waitFor();
      const check = async (where: string): Promise<void> => {
        expect(await nameless(page), where).toEqual([]);
        expect(await faint(page), where).toEqual([]);
        expect(await page.locator('h1').count(), where).toBe(1);
        expect(await page.locator('main').count(), where).toBe(1);
      };
      await check('phones');
      await page.getByRole('button', { name: 'New phone' }).click();
      await page.getByRole('radio', { name: /Custom/ }).check({ force: true });
      await page.getByRole('textbox', { name: 'Dots per inch' }).waitFor();
      expect(await nameless(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'lab 7' }).click();
      await page.getByText('Log', { exact: true }).click();
      await page.getByText('system_server: boot completed').waitFor();
      await check('a failed phone');
      await page.getByRole('link', { name: 'All phones', exact: true }).click();
      await page.getByRole('link', { name: 'checkout tests' }).click();
      await page.getByRole('toolbar', { name: 'Phone buttons' }).waitFor();
      await check('a phone');
      await page.getByRole('link', { name: 'Hosts' }).click();
      await page.getByText('6 of 24 phones').waitFor();
      await check('hosts');
    },
  );

  it('fits a screen of 360 pixels, where the phone takes the width', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    // What stands beside each other on a wide screen is rendered anew for a narrow one.
    const fits = () => page.waitForFunction(() => document.documentElement.scrollWidth === 360);
    await fits();
    await page.getByRole('link', { name: 'checkout tests' }).click();
    await page.getByRole('toolbar', { name: 'Phone buttons' }).waitFor();
    await fits();
    const video = await page.locator('ancloud-phone video').boundingBox();
    expect(video).toMatchObject({ x: 0, width: 360 });
    // Whatever is opened, a log's long lines among it, scrolls by itself.
    for (const fold of await page.locator('.folds summary').all()) await fold.click();
    await page.getByText('no room is made for a long line').waitFor();
    await page.getByRole('list', { name: 'How viewers see it' }).waitFor();
    await fits();
    await page.getByRole('link', { name: 'Hosts' }).click();
    await page.getByText('6 of 24 phones').waitFor();
    await fits();
  });

  it('is as wide as the screen in a phone’s browser, and so is the page of a link', async () => {
    const another = await MockGateway.start();
    const hand = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
    const { page: mobile, violations: threw } = await openConsole(browser, another, hand);
    const fits = () =>
      mobile.waitForFunction(() => innerWidth === 360 && document.documentElement.scrollWidth === 360);
    try {
      await mobile.getByRole('link', { name: 'checkout tests' }).tap();
      await mobile.getByRole('toolbar', { name: 'Phone buttons' }).waitFor();
      await fits();
      await mobile.goto(`${another.origin}/shared.html#token=a-token`);
      await mobile.getByRole('heading', { name: 'A shared phone' }).waitFor();
      await fits();
      expect(threw).toEqual([]);
    } finally {
      await mobile.context().close();
      another.close();
    }
  });
});
