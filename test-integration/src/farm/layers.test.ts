import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm } from '../harness/farm.js';
import { streamOf } from '../harness/media-client.js';
import { counted } from '../harness/metrics.js';
import { narrow } from '../harness/narrow.js';
import { SlowLink } from '../harness/slow-link.js';
import { videoServers } from '../harness/video-servers.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phoneId: string;

beforeAll(async () => {
  browser = await Browser.start();
  ({ phoneId } = await farm.create());
  await farm.viewable(phoneId);
  await farm.shell(phoneId, 'am start -n com.ancloud.motion/.MainActivity');
});
afterAll(async () => {
  await browser?.close();
  if (phoneId !== undefined) await farm.delete(phoneId);
});

/** Waits until the newest layer that a viewer was given is this one, and shown. */
const given = (viewer: ViewerPage, wanted: string, width: number): Promise<void> =>
  eventually(async () => {
    const layers = (await viewer.events('layer')).map(({ detail }) => detail['layer']);
    const size = await viewer.size();
    if (layers.at(-1) === wanted && size.width === width) return;
    const { viewers } = await streamOf(farm.address, phoneId);
    throw new NotYet(`layers ${layers.join()}, ${size.width} wide; ${JSON.stringify(viewers)}`);
  });
/** By viewer, bits a second. */
const links = async (): Promise<ReadonlyMap<string, number>> => {
  const { viewers } = await farm.api<{ viewers: { viewerId: string; availableBps: number }[] }>(
    'GET',
    `/v1/phones/${phoneId}/viewers`,
  );
  return new Map(viewers.map(({ viewerId, availableBps }) => [viewerId, availableBps]));
};
/** One after the other, without waiting. */
const choose = (viewer: ViewerPage, ...qualities: string[]): Promise<void> =>
  viewer.page.evaluate((all) => {
    for (const one of all) document.querySelector('ancloud-phone')?.setAttribute('quality', one);
  }, qualities);
const moves = async (viewer: ViewerPage): Promise<void> => {
  const first = await viewer.patternWhere(({ kind }) => kind === 'motion');
  await viewer.patternWhere(({ value }) => value > first.value);
};
const states = async (viewer: ViewerPage): Promise<Set<unknown>> =>
  new Set((await viewer.events('state')).map(({ detail }) => detail['state']));

describe('the low layer', () => {
  it('is the same picture, from a second encoder of the phone', async () => {
    const viewer = await browser.watch(farm, phoneId, 'watch', { quality: 'low' });
    await viewer.firstFrame();
    await given(viewer, 'low', 270);
    await moves(viewer);
    expect(videoServers(farm, phoneId)).toHaveLength(2);
    expect(await states(viewer)).toEqual(new Set(['live']));
    const { viewers } = await farm.api<{ viewers: { viewerId: string; layer: string }[] }>(
      'GET',
      `/v1/phones/${phoneId}/viewers`,
    );
    expect(viewers).toContainEqual(expect.objectContaining({ viewerId: viewer.viewerId, layer: 'low' }));
    await viewer.page.close();
  });

  it('comes and goes as the viewer chooses while it plays, also when it thinks better of it on the way', async () => {
    const viewer = await browser.watch(farm, phoneId, 'watch', { quality: 'high' });
    await viewer.firstFrame();
    await choose(viewer, 'low');
    await given(viewer, 'low', 270);
    await choose(viewer, 'high');
    await given(viewer, 'main', 720);
    const takenBack = (): Promise<number> =>
      counted(farm, 'media-svc', 'ancloud_media_layer_changes_total', 'how="failed"');
    let before = await takenBack();
    await choose(viewer, 'low', 'high');
    await eventually(async () => {
      const layers = (await viewer.events('layer')).map(({ detail }) => detail['layer']);
      if (layers.join() === 'low,main,low,main') return;
      // A low picture that did not come within 8 s is taken back, and the viewer has what it wishes: nothing was thought better of on the way.
      const now = await takenBack();
      if (now > before) await choose(viewer, 'low', 'high');
      before = now;
      throw new NotYet(layers.join());
    });
    await moves(viewer);
    expect(await states(viewer)).toEqual(new Set(['live']));
    await viewer.page.close();
  });

  it('a link that takes no more gets it, and the main one again; who watches beside notices nothing', async () => {
    const link = await SlowLink.open();
    const beside = await browser.watch(farm, phoneId, 'watch');
    const weak = await browser.watch(farm, phoneId, 'watch', { quality: 'auto', link });
    await Promise.all([beside.firstFrame(), weak.firstFrame()]);
    const wide = new AbortController();
    const narrowed = narrow(farm, phoneId, link, wide.signal);
    await given(weak, 'low', 270);
    await moves(weak);
    await moves(beside);
    const takes = await links();
    expect(takes.get(weak.viewerId)).toBeGreaterThan(0);
    expect(takes.get(weak.viewerId)).toBeLessThan(takes.get(beside.viewerId) ?? 0);
    wide.abort();
    await narrowed;
    link.bitsPerSecond = Infinity;
    await given(weak, 'main', 720);
    await moves(weak);
    for (const viewer of [beside, weak]) expect(await states(viewer)).toEqual(new Set(['live']));
    expect(await weak.events('firstframe')).toHaveLength(1);
    // A machine with much to do may take its link for a weak one again, and again.
    await choose(weak, 'high');
    await eventually(async () => {
      const running = videoServers(farm, phoneId).length;
      if (running === 1) return;
      const { viewers } = await streamOf(farm.address, phoneId);
      throw new NotYet(`${running} video servers run for ${JSON.stringify(viewers)}`);
    });
    await beside.page.close();
    await weak.page.close();
    link.close();
  });
});
