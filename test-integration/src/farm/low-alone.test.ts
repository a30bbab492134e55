import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm } from '../harness/farm.js';
import { layersEncoded } from '../harness/video-servers.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { WhepPage } from '../harness/whep-page.js';

// A phone that only thumbnails watch encodes the low layer and nothing else.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phoneId: string;

beforeAll(async () => {
  browser = await Browser.start();
  ({ phoneId } = await farm.create());
  await farm.viewable(phoneId);
});
afterEach(async () => {
  // Each test ends with the low layer alone, which goes on for ten seconds: the next one begins with it.
  for (const page of browser.context.pages()) if (page.url().includes('sample.html')) await page.close();
});
afterAll(async () => {
  await browser?.close();
  if (phoneId !== undefined) await farm.delete(phoneId);
});

const open = (app: string): Promise<string> =>
  farm.shell(phoneId, `am start -n com.ancloud.${app}/.MainActivity`);
async function tile(): Promise<ViewerPage> {
  const viewer = await browser.glance(farm, phoneId);
  await viewer.firstFrame();
  return viewer;
}
/** Waits until the phone encodes these pictures, and no others. */
const encodes = (...layers: string[]): Promise<void> =>
  eventually(() => {
    const now = layersEncoded(farm, phoneId).join();
    if (now !== layers.join()) throw new NotYet(`the phone encodes ${now || 'nothing'}`);
    return Promise.resolve();
  });
const wide = (viewer: ViewerPage, width: number, height: number): Promise<void> =>
  eventually(async () => {
    const size = await viewer.size();
    if (size.width !== width || size.height !== height)
      throw new NotYet(`the picture is ${size.width}×${size.height}`);
  });
/** A tap of somebody who does not watch, which Latency counts. */
async function tapped(viewer: ViewerPage): Promise<void> {
  const before = await viewer.taps(farm, phoneId);
  await farm.api('POST', `/v1/phones/${phoneId}/tap`, { at: { x: 0.5, y: 0.7 } });
  await viewer.patternWhere(({ kind, value }) => kind === 'latency' && value === before + 1);
}

it('the main picture begins with the first who is sent it and ends after the last, and the thumbnail moves all the while', async () => {
  await open('motion');
  const small = await tile();
  expect(layersEncoded(farm, phoneId)).toEqual(['low']);
  await small.goesOn();

  const viewer = await browser.watch(farm, phoneId, 'watch');
  expect(await viewer.firstFrame()).toEqual({ width: 720, height: 1280 });
  expect(layersEncoded(farm, phoneId)).toEqual(['low', 'main']);
  await viewer.goesOn();
  await small.goesOn();
  await viewer.page.close();
  await encodes('low');
  await small.goesOn();

  // What is recorded is the phone's own picture.
  const { recordingId } = await farm.api<{ recordingId: string }>(
    'POST',
    `/v1/phones/${phoneId}/recordings`,
    {},
  );
  await encodes('low', 'main');
  await eventually(async () => {
    const { files, reason } = await farm.api<{
      files: readonly { size: number; width: number }[];
      reason: string;
    }>('GET', `/v1/recordings/${recordingId}`);
    if (!files.some(({ size, width }) => size > 0 && width === 720))
      throw new NotYet(`it has ${JSON.stringify(files)}; ${reason}`);
  });
  await farm.api('POST', `/v1/recordings/${recordingId}/stop`, {});
  await encodes('low');
  await small.goesOn();
  const states = (await small.events('state')).map(({ detail }) => detail['state']);
  expect(new Set(states.slice(states.indexOf('live')))).toEqual(new Set(['live']));
  expect(await small.events('firstframe')).toHaveLength(1);
});

it('a player of the low layer by WHEP is as good as a thumbnail where it takes no sound', async () => {
  await open('motion');
  const play = async (silent: boolean): Promise<WhepPage> => {
    const { token, whepUrl } = await farm.viewer(phoneId, 'watch');
    return WhepPage.open(browser, farm, phoneId, {
      url: `${whepUrl}?layer=low`,
      authorization: `Bearer ${token}`,
      silent,
    });
  };
  const silent = await play(true);
  await silent.isWide(270);
  await silent.goesOn();
  expect(layersEncoded(farm, phoneId)).toEqual(['low']);
  const heard = await play(false);
  await heard.isWide(270);
  await heard.goesOn();
  expect(layersEncoded(farm, phoneId)).toEqual(['low', 'main']);
  expect(await heard.end()).toBe(200);
  await heard.page.close();
  await encodes('low');
  await silent.goesOn();
  expect(await silent.end()).toBe(200);
});

it('a phone that is turned meanwhile turns the thumbnail, and touches of who does not watch land', async () => {
  await open('latency');
  const small = await tile();
  await wide(small, 270, 480);
  await tapped(small);
  await farm.shell(phoneId, 'settings put system accelerometer_rotation 0');
  await farm.shell(phoneId, 'settings put system user_rotation 1');
  try {
    await wide(small, 480, 270);
    await tapped(small);
    expect(layersEncoded(farm, phoneId)).toEqual(['low']);
    // Who comes now is told of the phone as it is.
    const viewer = await browser.watch(farm, phoneId, 'control');
    expect(await viewer.firstFrame()).toEqual({ width: 1280, height: 720 });
    await viewer.page.close();
  } finally {
    await farm.shell(phoneId, 'settings put system user_rotation 0');
  }
  await wide(small, 270, 480);
  await encodes('low');
});

it('a thumbnail whose media-svc or session-svc was killed comes back by itself, and again alone', async () => {
  await open('motion');
  const small = await tile();
  await small.goesOn();
  await farm.kill('media-svc');
  await small.goesOn();
  await encodes('low');
  await farm.kill('session-svc');
  await farm.viewable(phoneId);
  await small.goesOn();
  await encodes('low');
});
