import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { wellMade, withConsole } from './console-page.js';

// The wall's switch against a gateway that only pretends: no stream comes there. With one: farm/thumbnails.test.ts.

describe('the wall that is to be live', () => {
  const given = withConsole();
  const button = () => given.page.getByRole('button', { name: 'Live thumbnails' });
  /** Of each request for a viewer from now on, the phone and what was asked for. */
  const asked = (page: Page): { phone: string; body: unknown }[] => {
    const all: { phone: string; body: unknown }[] = [];
    page.on('request', (request) => {
      const phone = /\/v1\/phones\/(\w+)\/viewers$/.exec(request.url())?.[1];
      if (phone !== undefined && request.method() === 'POST')
        all.push({ phone, body: request.postDataJSON() });
    });
    return all;
  };
  const phonesOf = (requests: readonly { phone: string }[]): string[] =>
    [...new Set(requests.map(({ phone }) => phone))].toSorted();
  /** Ids of the phones that can be looked at. */
  const viewable = async (): Promise<string[]> => {
    const { phones } = (await given.page.evaluate(async () => (await fetch('/v1/phones')).json())) as {
      phones: { phoneId: string; viewable: boolean }[];
    };
    return phones.flatMap((phone) => (phone.viewable ? [phone.phoneId] : [])).toSorted();
  };

  it('asks for the low layer of those that run and are in sight, and shows screenshots where none comes', async () => {
    const { page } = given;
    const requests = asked(page);
    const screen = page.getByRole('img', { name: 'Screen of checkout tests', exact: true });
    await screen.waitFor();
    expect(await button().getAttribute('aria-pressed')).toBe('false');
    await button().click();
    expect(await button().getAttribute('aria-pressed')).toBe('true');
    const wanted = await viewable();
    await eventually(() => {
      if (requests.length < wanted.length) throw new NotYet(`${requests.length} were asked for`);
      return Promise.resolve();
    });
    expect(phonesOf(requests)).toEqual(wanted);
    for (const { body } of requests)
      expect(body).toEqual({ role: 'watch', name: 'Console of admin', layer: 'low' });
    // Quietly: nothing is said, and the tile is what it was.
    await page.locator('ancloud-phone').first().waitFor({ state: 'detached' });
    await screen.waitFor();
    expect(await page.getByRole('alert').allTextContents()).toEqual(['']);
    await wellMade(page);
  });

  it('leaves alone what is out of sight until it is scrolled to', async () => {
    // From its first picture on: a window that is made smaller has seen more.
    const page = await given.page.context().newPage();
    await page.setViewportSize({ width: 360, height: 320 });
    await page.goto(given.gateway.origin);
    const requests = asked(page);
    await page.getByRole('button', { name: 'Live thumbnails' }).click();
    const wanted = await viewable();
    await eventually(() => {
      if (requests.length === 0) throw new NotYet('none was asked for');
      return Promise.resolve();
    });
    expect(phonesOf(requests).length).toBeLessThan(wanted.length);
    for (const id of wanted) {
      await page.locator(`.card:has(a[href="/phones/${id}"])`).scrollIntoViewIfNeeded();
      await eventually(() => {
        if (!phonesOf(requests).includes(id)) throw new NotYet(`only ${phonesOf(requests).join()}`);
        return Promise.resolve();
      });
    }
    expect(phonesOf(requests)).toEqual(wanted);
  });

  it('is remembered by the browser, for its next page', async () => {
    for (const pressed of ['true', 'false']) {
      await button().click();
      const next = await given.page.context().newPage();
      await next.goto(given.gateway.origin);
      const there = next.getByRole('button', { name: 'Live thumbnails' });
      await there.waitFor();
      expect(await there.getAttribute('aria-pressed')).toBe(pressed);
      await next.close();
    }
  });
});
