import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { execIn, hostClient, sayInLog } from '../harness/host-client.js';
import { importTiny } from '../harness/tiny-image.js';

// Texts that tenants, images and phones choose, in the console of whoever looks at them: shown as they are, and never run.

const farm = new Farm(inject('farm'));
const host = hostClient(farm.address);
/** Each is shown somewhere; in whichever markup it ended it would make an element or run. */
const hostile = (where: string): string => `"'><img src=x onerror=pwned='${where}'>`;
let browser: Browser;
let phone: Phone;
let imageId: string;
let page: Page;
/** What the page's Content-Security-Policy had to forbid, and what it threw. */
const alarms: string[] = [];

beforeAll(async () => {
  phone = await farm.create({}, hostile('phone'));
  imageId = await importTiny(farm, hostile('image'));
  await farm.viewable(phone.phoneId);
  browser = await Browser.start();
  page = await browser.context.newPage();
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) alarms.push(message.text());
  });
  page.on('pageerror', (error) => alarms.push(String(error)));
  const { url } = await farm.api<{ url: string }>('POST', '/v1/console/links');
  await page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  if (imageId !== undefined) await host.removeImage({ imageId });
  if (phone !== undefined) await farm.delete(phone.phoneId);
  host.close();
});

/** Fails when one of the texts has become more than text, anywhere on the page. */
async function untouched(): Promise<void> {
  const made = await page.evaluate(() => {
    const roots = [document, ...[...document.querySelectorAll('*')].flatMap((one) => one.shadowRoot ?? [])];
    return {
      ran: 'pwned' in globalThis,
      elements: roots.flatMap((root) => [...root.querySelectorAll('[onerror], [src="x"]')]).length,
    };
  });
  expect(made).toEqual({ ran: false, elements: 0 });
  expect(alarms).toEqual([]);
}

it('a phone’s name: in the list, in the title and in what is asked before it is deleted', async () => {
  await page.getByRole('link', { name: hostile('phone'), exact: true }).waitFor();
  await page.getByRole('button', { name: `Actions for ${hostile('phone')}` }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  const question = page.getByRole('alertdialog', { name: `Delete ${hostile('phone')}?` });
  await question.getByRole('button', { name: 'Keep it' }).click();
  await question.waitFor({ state: 'detached' });
  await page.getByRole('link', { name: hostile('phone'), exact: true }).click();
  await page.getByRole('heading', { name: hostile('phone'), level: 1 }).waitFor();
  // Set a moment after the heading is shown.
  await page.waitForFunction((title) => document.title === title, `${hostile('phone')} · ancloud`);
  await untouched();
});

it('a line that a phone writes into its log', async () => {
  await page.getByText('Log', { exact: true }).click();
  await sayInLog(host, phone.phoneId, hostile('log'));
  await page.getByText(hostile('log')).waitFor();
  await untouched();
});

it('what a phone puts into its clipboard, with somebody at its controls', async () => {
  await page.evaluate(() => {
    const got: string[] = [];
    Object.assign(globalThis, { got });
    document
      .querySelector('ancloud-phone')
      ?.addEventListener('clipboard', (event) =>
        got.push((event as CustomEvent<{ text: string }>).detail.text),
      );
  });
  // Told to who holds the controls, and only when it changes: touched and set anew until the page has joined.
  let count = 0;
  await eventually(async () => {
    count += 1;
    await page.locator('ancloud-phone video').click({ force: true });
    const text = hostile(`clip ${count}`);
    const { exitCode, stderr } = await execIn(host, phone.phoneId, {
      argv: ['/system/bin/sh', '-c', 'cmd clipboard set "$1"', 'sh', text],
      uid: 2_000,
    });
    expect(exitCode, stderr).toBe(0);
    const got = await page.evaluate(() => (globalThis as unknown as { got: string[] }).got);
    if (!/^"'><img src=x onerror=pwned='clip \d+'>$/.test(got.at(-1) ?? ''))
      throw new NotYet(`got ${got.join()}`);
  });
  await untouched();
});

it('an image’s name, among what a host has', async () => {
  await page.getByRole('link', { name: 'Hosts' }).click();
  await page.getByText(hostile('image'), { exact: true }).waitFor();
  await untouched();
});
