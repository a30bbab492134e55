import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { Bystander } from '../harness/bystander.js';
import { Farm, type Phone } from '../harness/farm.js';
import { noise } from '../harness/odd-packets.js';
import { RogueViewer } from '../harness/rogue-viewer.js';

// As rogue-viewer.test, by an association and channels that stand.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;
let bystander: Bystander;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
  bystander = await Bystander.watch(browser, farm, phone.phoneId);
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** The picture of who watches goes on, by the same connection and by the same processes. */
async function nobodyNotices(): Promise<void> {
  expect(await bystander.noticed()).toEqual([]);
}

/** DATA_CHANNEL_OPEN whose label is longer than all of it (RFC 8832 §5.1). */
const DCEP_OPEN = Buffer.concat([Buffer.from([3, 0, 1, 0, 0, 0, 0, 0, 255, 255, 255, 255]), noise(4)]);
const KIB = 1_024;

describe('a viewer with an SCTP association sends', () => {
  it.each<[string, (one: RogueViewer) => Promise<number>]>([
    [
      'messages that are longer than any may be',
      async (one) => {
        let taken = 0;
        // By its channels, and by a stream that none has.
        for (const stream of [0, 1, 9])
          for (const size of [256 * KIB + 1, KIB * KIB, 4 * KIB * KIB])
            taken += await one.message({ stream, size, unordered: stream === 1 });
        return taken;
      },
    ],
    [
      'text, nothing, what opens channels, and what nobody knows, by streams that nobody opened and by its channels',
      async (one) => {
        let taken = 0;
        for (const ppid of [0, 50, 51, 52, 53, 54, 56, 57, 0xffff_ffff])
          for (const stream of [0, 1, 7, 15])
            for (const bytes of [Buffer.alloc(1), DCEP_OPEN, noise(900)])
              taken += await one.message({ stream, ppid }, bytes, 3);
        return taken;
      },
    ],
    [
      'that its streams begin anew, again and again, between what it says',
      async (one) => {
        let taken = 0;
        for (let round = 0; round < 20; round++)
          taken += (await one.reset(1)) + (await one.message({ stream: round % 2 }, noise(40)));
        return taken;
      },
    ],
    [
      'messages without an end, in order and not',
      async (one) => {
        let taken = 0;
        for (const as of [
          { stream: 0, open: true },
          { stream: 5, open: true, unordered: true },
        ])
          taken += await one.message({ ...as, size: 64 * KIB }, noise(16), 50);
        return taken;
      },
    ],
    [
      'a flood in no order',
      async (one) =>
        (await one.message({ stream: 1, unordered: true }, noise(16), 20_000)) +
        (await one.message({ stream: 8, unordered: true }, noise(1), 20_000)),
    ],
  ])('%s: nobody else notices', async (_, sends) => {
    const one = await RogueViewer.join(farm, phone.phoneId);
    try {
      await one.openChannels();
      const { sctp } = await one.heard();
      // How much is taken is the window's business; it has to have left, or nothing was tried.
      expect(await sends(one)).toBeGreaterThan(0);
      expect((await one.heard()).sctp).toBeGreaterThan(sctp + 10);
      await nobodyNotices();
    } finally {
      await one.close();
    }
    await nobodyNotices();
  });
});
