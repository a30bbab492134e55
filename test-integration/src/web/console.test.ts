import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  buildConsole,
  installable,
  MockGateway,
  nameless,
  openConsole,
  said,
  startChromium,
  wellMade,
} from './console-page.js';

/** The console in Chromium, against a pretended gateway. */
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
  it('signs in by a link, whose code does not stay in the address, and once only', async () => {
    expect(page.url()).toBe(`${gateway.origin}/`);
    await page.getByText('6 phones, 3 ready').waitFor();
    const second = await openConsole(browser, gateway);
    await second.page.getByText('The link was used before, or has expired.').waitFor();
    await second.page.getByText("Get a new one, e.g. with './ancloud link'.").waitFor();
    expect(second.page.url()).toBe(`${gateway.origin}/`);
    expect(await nameless(second.page)).toEqual([]);
    await second.page.context().close();
  });

  it('can be installed as an app', async () => {
    const manifest = `${gateway.origin}/console.webmanifest`;
    expect(await installable(page)).toEqual({ manifest, startUrl: '/', errors: [] });
  });

  it('signs out', async () => {
    await page.getByRole('button', { name: 'Sign out admin' }).click();
    await page.getByRole('textbox', { name: 'Link or code' }).waitFor();
  });

  it('shows phones with state, host, viewers and screen', async () => {
    await card('checkout tests').getByText('attic-1 · 2 viewers').waitFor();
    await card('nightly').getByText('Booting').waitFor();
    await card('lab 7').getByText('zygote exited with signal 6').waitFor();
    await page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>('img[alt="Screen of checkout tests"]');
      return image !== null && image.naturalWidth === 216;
    });
  });

  it('creates a phone, which is soon ready, in every open console', async () => {
    const other = await page.context().newPage();
    await other.goto(gateway.origin);
    await page.getByRole('button', { name: 'New phone' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('fresh');
    await page.getByRole('radio', { name: /Tablet/ }).check({ force: true });
    const ready = said(page, 'fresh is ready');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await other.getByRole('link', { name: 'fresh' }).waitFor();
    await card('fresh').getByText('Ready').waitFor();
    await ready;
    await page.getByRole('link', { name: 'fresh' }).click();
    await page.getByText('1200 × 1920, 240 dpi').waitFor();
  });

  it('tells why a phone cannot be created and what to do, and keeps what was typed', async () => {
    await page.getByRole('button', { name: 'New phone' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('full');
    await page.getByRole('button', { name: 'Create' }).click();
    const alert = page.getByRole('dialog').getByRole('alert');
    await alert.getByText('No host can take the phone: attic-1 has 24 of 24.').waitFor();
    await alert.getByText('Stop or delete a phone, or add a host.').waitFor();
    await alert.getByText('NO_HOST').waitFor();
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('full');
  });

  it('gives a phone a gamepad when that is wanted, and tells when no host can', async () => {
    const created = async (): Promise<unknown> => {
      const asked = page.waitForRequest(
        (request) => request.url().endsWith('/v1/phones') && request.method() === 'POST',
      );
      await page.getByRole('button', { name: 'Create' }).click();
      const { spec } = (await asked).postDataJSON() as { spec: { gamepad?: boolean } };
      return spec.gamepad;
    };
    await page.getByRole('button', { name: 'New phone' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('no pad');
    const gamepad = page.getByRole('checkbox', { name: /^Gamepad with sticks/ });
    expect(await gamepad.isChecked()).toBe(false);
    await gamepad.check({ force: true });
    expect(await created()).toBe(true);
    const alert = page.getByRole('dialog').getByRole('alert');
    await alert.getByText('No host can give the phone a gamepad: attic-1 without uinput.').waitFor();
    await alert.getByText('Modprobe uinput evdev on a host').waitFor();
    await alert.getByText('GAMEPAD_UNAVAILABLE · spec.gamepad').waitFor();
    await wellMade(page);
    // It is made without one then.
    expect(await gamepad.isChecked()).toBe(true);
    await gamepad.uncheck({ force: true });
    expect(await created()).toBeUndefined();
    await card('no pad').getByText('Ready').waitFor();
  });

  it('deletes a phone only when that is confirmed', async () => {
    const remove = async (answer: string): Promise<void> => {
      await page.getByRole('button', { name: 'Actions for archive' }).click();
      await page.getByRole('menuitem', { name: 'Delete…' }).click();
      await page
        .getByRole('alertdialog', { name: 'Delete archive?' })
        .getByRole('button', { name: answer })
        .click();
      await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    };
    await remove('Keep it');
    expect(await card('archive').count()).toBe(1);
    const deleted = said(page, 'archive is deleted');
    await remove('Delete');
    await card('archive').waitFor({ state: 'detached' });
    await deleted;
  });

  it('says what is missing where there is no such phone or page', async () => {
    await page.goto(`${gateway.origin}/phones/ph_gone`);
    await page.getByText('There is no phone ph_gone.').waitFor();
    await page.goto(`${gateway.origin}/nothing`);
    await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  });

  it('ships a plain page with the component, which asks for a token', async () => {
    await page.goto(`${gateway.origin}/sample.html`);
    await page.waitForFunction(() => customElements.get('ancloud-phone') !== undefined);
    await page.getByRole('textbox', { name: 'Token' }).fill('a-token');
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByText(/^reconnecting: .* cannot be reached$/).waitFor();
    expect(page.url()).toBe(`${gateway.origin}/sample.html`);
  });

  it('begins with an invitation when there are no phones', async () => {
    const bare = await MockGateway.start('empty');
    const { page: empty } = await openConsole(browser, bare);
    await empty.getByRole('heading', { name: 'No phones yet' }).waitFor();
    await empty.getByRole('button', { name: 'New phone' }).waitFor();
    await empty.context().close();
    bare.close();
  });
});
