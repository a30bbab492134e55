import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm } from '../harness/farm.js';
import { narrow } from '../harness/narrow.js';
import { SlowLink } from '../harness/slow-link.js';
import { WhepPage } from '../harness/whep-page.js';

/** Seven seconds until the link is known for weak, and a key frame that was lost on it; it was for good before. */
const STOOD_MS = 20_000;

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

/** Waits until the player is listed with that layer. @returns bits a second that its link takes. */
const listed = (player: WhepPage, layer: string): Promise<number> =>
  eventually(async () => {
    const { viewers } = await farm.api<{
      viewers: { viewerId: string; layer: string; availableBps: number }[];
    }>('GET', `/v1/phones/${phoneId}/viewers`);
    const one = viewers.find(({ viewerId }) => viewerId === player.viewerId);
    if (one?.layer !== layer) throw new NotYet(`it is listed with ${one?.layer}`);
    return one.availableBps;
  });

it.each([
  ['losses alone, as Chromium by its own offer', false],
  ['its bandwidth', true],
])(
  'a WHEP player that tells %s is sent the low layer over a link that takes no more, and the main one again; who watches beside notices nothing',
  async (_, transportCc) => {
    const link = await SlowLink.open();
    const beside = await browser.watch(farm, phoneId, 'watch');
    await beside.firstFrame();
    const player = await WhepPage.open(browser, farm, phoneId, undefined, { link, transportCc });
    await player.goesOn();
    await player.watchFrames();

    const wide = new AbortController();
    const narrowed = narrow(farm, phoneId, link, wide.signal);
    expect((await listed(player, 'low')) > 0).toBe(transportCc);
    await player.isWide(270);
    await player.goesOn();

    wide.abort();
    await narrowed;
    link.bitsPerSecond = Infinity;
    await listed(player, 'main');
    await player.isWide(720);
    await player.goesOn();
    expect(await player.stood()).toBeLessThan(STOOD_MS);

    const first = await beside.patternWhere(({ kind }) => kind === 'motion');
    await beside.patternWhere(({ value }) => value > first.value);
    expect((await beside.events('state')).filter(({ detail }) => detail['state'] !== 'live')).toEqual([]);
    expect(await beside.events('firstframe')).toHaveLength(1);
    expect(await player.end()).toBe(200);
    await player.page.close();
    await beside.page.close();
    link.close();
  },
);
