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

/** A finger at the right edge of the picture, half way down: where the phone has it while it stands, and while it lies. */
const STANDING = { x: 648, y: 640 };
const LYING = { x: 1152, y: 360 };
/** How long a finger is looked for before it is put down anew: one that is lifted before anybody looks was never seen. */
const LOOK_MS = 10_000;
/** Longer than after an input a phone is asked once more how it is turned: nobody asks any more, whatever becomes of it then. */
const ASKED_MS = 2_500;

const shows = (place: typeof LYING): Promise<void> =>
  eventually(async () => {
    const said = await farm.shell(phoneId, 'dumpsys window displays');
    if (!said.includes(place === LYING ? 'cur=1280x720' : 'cur=720x1280')) throw new NotYet(said);
  });
/** By the phone itself, of which the farm hears nothing. */
async function turns(place: typeof LYING): Promise<void> {
  await farm.shell(phoneId, `wm user-rotation lock ${place === LYING ? 1 : 0}`);
  await shows(place);
}
/** Where the only finger is, as the phone itself tells it. */
const seen = (): Promise<typeof LYING> =>
  eventually(async () => {
    const said = await farm.shell(phoneId, 'dumpsys input');
    const [, x, y] = /Pointers down: 1 \S+@(\d+),(\d+)/.exec(said) ?? [];
    if (x === undefined) throw new NotYet('no finger is down');
    return { x: Number(x), y: Number(y) };
  }, LOOK_MS);
async function tapLands(wanted: typeof LYING): Promise<void> {
  const at = { x: 0.9, y: 0.5 };
  const done = farm.api('POST', `/v1/phones/${phoneId}/tap`, { at, durationMs: 5_000 });
  const [place] = await Promise.all([seen(), done]);
  expect(place).toEqual(wanted);
}

// An input that has waited for half a second until the phone has said how it is turned goes where it was before, or nowhere: then all is
// begun anew, the turning too.

it('a program’s tap lands on it as it is, whoever turned it', async () => {
  await eventually(async () => {
    await turns(STANDING);
    await tapLands(STANDING);
    await farm.api('POST', `/v1/phones/${phoneId}/action`, { name: 'rotate' });
    await shows(LYING);
    await tapLands(LYING);
    await turns(STANDING);
    await tapLands(STANDING);
  });
  expect(layersEncoded(farm, phoneId)).toEqual([]);
});

it('so does what the master of a group does', async () => {
  const viewer = await browser.watch(farm, masterId, 'control');
  await viewer.firstFrame();
  const { groupId } = await farm.api<{ groupId: string }>('POST', '/v1/groups', {
    masterId,
    phoneIds: [phoneId],
  });
  /** Until its record has come to input-svc, which has passed nothing on yet. */
  const follows = (): Promise<void> =>
    eventually(async () => {
      const { members } = await farm.api<{ members: object[] }>('GET', `/v1/groups/${groupId}`);
      // A mouse that passes over the master is refused there: nobody has those controls yet.
      expect(members).toMatchObject([{ state: expect.stringMatching('follows|held'), followed: 0 }]);
    });
  /** A press by the master: near that place, since a page has whole pixels. */
  const pressLands = async (wanted: typeof LYING): Promise<void> => {
    await viewer.holds(0.9, 0.5, async () => {
      const { x, y } = await seen();
      if (Math.abs(x - wanted.x) >= 8 || Math.abs(y - wanted.y) >= 8) throw new NotYet(`it is at ${x},${y}`);
    });
  };
  await farm.api('POST', `/v1/phones/${phoneId}/action`, { name: 'rotate' });
  await shows(LYING);
  await follows();
  await eventually(() => pressLands(LYING));
  // Its first gesture too, on a phone that something else has turned since anybody looked.
  let place = LYING;
  await eventually(async () => {
    place = place === LYING ? STANDING : LYING;
    await farm.api('PATCH', `/v1/groups/${groupId}`, { exclude: [phoneId] });
    await eventually(async () => {
      const held = await farm.api('GET', `/v1/phones/${phoneId}/control`);
      expect(held).toMatchObject({ viewerId: '' });
    });
    await sleep(ASKED_MS);
    await turns(place);
    await farm.api('PATCH', `/v1/groups/${groupId}`, { exclude: [] });
    await follows();
    await pressLands(place);
  });
  expect(layersEncoded(farm, phoneId)).toEqual([]);
  await farm.api('DELETE', `/v1/groups/${groupId}`);
  await viewer.page.close();
});
