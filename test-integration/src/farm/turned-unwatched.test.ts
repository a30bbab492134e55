import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm } from '../harness/farm.js';
import { layersEncoded } from '../harness/video-servers.js';

// A phone that nobody watches sends no pictures, which tell how it is turned.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phoneId: string;
let masterId: string;

beforeAll(async () => {
  browser = await Browser.start();
  const phones = await Promise.all([farm.create(), farm.create()]);
  [phoneId = '', masterId = ''] = phones.map((phone) => phone.phoneId);
  for (const { phoneId: id } of phones) {
    await farm.viewable(id);
    await farm.shell(id, 'am start -n com.ancloud.paint/.MainActivity');
  }
});
afterAll(async () => {
  await browser?.close();
  for (const id of [phoneId, masterId]) if (id !== undefined) await farm.delete(id);
});

const landscape = (): Promise<void> =>
  eventually(async () => {
    const said = await farm.shell(phoneId, 'dumpsys window displays');
    if (!said.includes('cur=1280x720')) throw new NotYet(said);
  });
/** Where the only finger is, as the phone itself tells it; undefined while there is none. */
async function finger(): Promise<{ x: number; y: number } | undefined> {
  const said = await farm.shell(phoneId, 'dumpsys input');
  const [, x, y] = /Pointers down: 1 \S+@(\d+),(\d+)/.exec(said) ?? [];
  return x === undefined ? undefined : { x: Number(x), y: Number(y) };
}
const seen = (): Promise<{ x: number; y: number }> =>
  eventually(async () => {
    const place = await finger();
    if (place === undefined) throw new NotYet('no finger is down');
    return place;
  });
/** Where a tap on the middle of the right edge lands. */
async function lands(): Promise<{ x: number; y: number }> {
  const done = farm.api('POST', `/v1/phones/${phoneId}/tap`, {
    at: { x: 0.9, y: 0.5 },
    durationMs: 2_000,
  });
  const [place] = await Promise.all([seen(), done]);
  return place;
}

it('a program’s tap lands on it as it is, whoever turned it', async () => {
  expect(await lands()).toEqual({ x: 648, y: 640 });
  await farm.api('POST', `/v1/phones/${phoneId}/action`, { name: 'rotate' });
  await landscape();
  expect(await lands()).toEqual({ x: 1152, y: 360 });
  await farm.shell(phoneId, 'wm user-rotation lock 0');
  expect(await lands()).toEqual({ x: 648, y: 640 });
  expect(layersEncoded(farm, phoneId)).toEqual([]);
});

it('so does what the master of a group does', async () => {
  const viewer = await browser.watch(farm, masterId, 'control');
  await viewer.firstFrame();
  const group = await farm.api<{ groupId: string }>('POST', '/v1/groups', { masterId, phoneIds: [phoneId] });
  await farm.api('POST', `/v1/phones/${phoneId}/action`, { name: 'rotate' });
  await landscape();
  const box = await viewer.page.evaluate(() => {
    const { video } = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
    return video.getBoundingClientRect().toJSON() as DOMRect;
  });
  await viewer.page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.5);
  // The first ones may come before the group's record has come to input-svc.
  const place = await eventually(async () => {
    await viewer.page.mouse.down();
    try {
      const found = await finger();
      if (found === undefined) throw new NotYet('the member does nothing');
      return found;
    } finally {
      await viewer.page.mouse.up();
    }
  });
  expect(Math.abs(place.x - 1152)).toBeLessThan(8);
  expect(Math.abs(place.y - 360)).toBeLessThan(8);
  // Its first gesture too, on a phone that something else has turned since anybody looked.
  await farm.api('PATCH', `/v1/groups/${group.groupId}`, { exclude: [phoneId] });
  await sleep(2_500);
  await farm.shell(phoneId, 'wm user-rotation lock 0');
  await eventually(async () => {
    const said = await farm.shell(phoneId, 'dumpsys window displays');
    if (!said.includes('cur=720x1280')) throw new NotYet(said);
  });
  await farm.api('PATCH', `/v1/groups/${group.groupId}`, { exclude: [] });
  await sleep(1_000);
  await viewer.page.mouse.down();
  const first = await seen();
  await viewer.page.mouse.up();
  expect(Math.abs(first.x - 648)).toBeLessThan(8);
  expect(Math.abs(first.y - 640)).toBeLessThan(8);
  expect(layersEncoded(farm, phoneId)).toEqual([]);
  await farm.api('DELETE', `/v1/groups/${group.groupId}`);
  await viewer.page.close();
});
