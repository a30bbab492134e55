import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm } from '../harness/farm.js';
import { streamOf } from '../harness/media-client.js';
import { videoServers } from '../harness/video-servers.js';
import { ViewerPage } from '../harness/viewer-page.js';

// Viewers that are pinned to the low layer, and the console's wall, whose tiles they are.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phoneId: string;
let paused: string;

beforeAll(async () => {
  browser = await Browser.start({ width: 1_280, height: 1_000 });
  ({ phoneId } = await farm.create());
  ({ phoneId: paused } = await farm.create({ idlePauseMinutes: 60 }));
  await Promise.all([farm.viewable(phoneId), farm.viewable(paused)]);
  await farm.shell(phoneId, 'am start -n com.ancloud.motion/.MainActivity');
  await farm.api('POST', `/v1/phones/${paused}/pause`);
  await eventually(async () => {
    const { phase } = await farm.phone(paused);
    if (phase !== 'paused') throw new NotYet(`it is ${phase}`);
  });
});
afterAll(async () => {
  await browser?.close();
  for (const one of [phoneId, paused]) if (one !== undefined) await farm.delete(one);
});

interface Seen {
  readonly viewerId: string;
  readonly role: string;
  readonly layer: string;
  readonly pinned: boolean;
  readonly hears: boolean;
  readonly connected: boolean;
}
/** Those that are there: one whose page was closed is listed for two minutes more. */
const viewersOf = async (id: string): Promise<readonly Seen[]> =>
  (await farm.api<{ viewers: readonly Seen[] }>('GET', `/v1/phones/${id}/viewers`)).viewers.filter(
    ({ connected }) => connected,
  );
/** Waits until one viewer is there, and listed as a thumbnail: on a busy machine media-svc may not say in time what it is sent. */
const thumbnailAlone = (): Promise<void> =>
  eventually(async () => {
    const all = await viewersOf(phoneId);
    const rows = all.map(({ role, layer, pinned, hears }) => [role, layer, pinned, hears].join(' '));
    if (rows.join() !== 'watch low true false') throw new NotYet(`listed are: ${rows.join()}`);
  });
/** Waits until the phone has so many video servers. */
const encoders = (count: number): Promise<void> =>
  eventually(async () => {
    const running = videoServers(farm, phoneId);
    if (running.length === count) return;
    const { viewers } = await streamOf(farm.address, phoneId).catch(() => ({ viewers: [] }));
    throw new NotYet(`${running.length} video servers run for ${JSON.stringify(viewers)}`);
  });
const moves = async (viewer: ViewerPage): Promise<void> => {
  const first = await viewer.patternWhere(({ kind }) => kind === 'motion');
  await viewer.patternWhere(({ value }) => value > first.value);
};

describe('a viewer that is pinned to the low layer', () => {
  it('is sent that alone, without sound, asks the main layer for nothing, and is listed as what it is', async () => {
    const made = await farm.api<{ viewerId: string; token: string }>(
      'POST',
      `/v1/phones/${phoneId}/viewers`,
      {
        role: 'watch',
        layer: 'low',
      },
    );
    // Whatever its player wishes for.
    const viewer = await browser.open(farm, made, { quality: 'high' });
    expect(await viewer.firstFrame()).toEqual({ width: 270, height: 480 });
    await moves(viewer);
    expect((await viewer.events('layer')).map(({ detail }) => detail['layer'])).toEqual(['low']);
    await thumbnailAlone();
    // Nobody else watches, so nobody else can have asked.
    expect((await streamOf(farm.address, phoneId)).keyFramesAsked).toBe(0);
    expect(await farm.phone(phoneId)).toMatchObject({ viewers: 0 });

    const beside = await browser.watch(farm, phoneId, 'watch');
    expect(await beside.firstFrame()).toEqual({ width: 720, height: 1280 });
    await encoders(2);
    await eventually(async () => {
      const { viewers } = await farm.phone(phoneId);
      if (viewers !== 1) throw new NotYet(`${viewers} are said to watch`);
    });
    await viewer.page.close();
    await encoders(1);
    await moves(beside);
    const states = (await beside.events('state')).map(({ detail }) => detail['state']);
    expect(new Set(states)).toEqual(new Set(['live']));
    await beside.page.close();
  });
});

describe('the wall', () => {
  const button = (page: Page) => page.getByRole('button', { name: 'Live thumbnails' });
  const screen = (page: Page, id: string, live: boolean) =>
    page.getByRole('img', { name: `Screen of ${id}${live ? ', live' : ''}`, exact: true });

  it('shows what moves while it is live, and screenshots while it is not', async () => {
    const { url } = await farm.api<{ url: string }>('POST', '/v1/console/links');
    const page = await browser.context.newPage();
    await page.goto(url);
    await screen(page, phoneId, false).waitFor();
    expect(await button(page).getAttribute('aria-pressed')).toBe('false');
    expect(await page.locator('ancloud-phone').count()).toBe(0);

    await button(page).click();
    expect(await button(page).getAttribute('aria-pressed')).toBe('true');
    await screen(page, phoneId, true).waitFor();
    const tile = new ViewerPage(page, '');
    await moves(tile);
    await eventually(async () => {
      const { width } = await tile.size();
      if (width !== 270) throw new NotYet(`it is ${width} wide`);
    });
    await thumbnailAlone();
    // A phone that is paused is neither watched nor woken.
    expect(await page.locator('ancloud-phone').count()).toBeLessThanOrEqual(1);
    expect(await viewersOf(paused)).toEqual([]);
    expect((await farm.phone(paused)).phase).toBe('paused');

    // Off it is what it was, and nobody watches any more.
    await button(page).click();
    await screen(page, phoneId, false).waitFor();
    await page.locator('ancloud-phone').waitFor({ state: 'detached' });
    await eventually(async () => {
      const left = await viewersOf(phoneId);
      if (left.length > 0) throw new NotYet(`${left.length} watch still`);
    });
    await encoders(0);
    await page.close();
  });
});
