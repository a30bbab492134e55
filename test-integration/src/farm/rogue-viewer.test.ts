import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { Bystander } from '../harness/bystander.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { counted, rises } from '../harness/metrics.js';
import { noise, rtcp, rtp, u32 } from '../harness/odd-packets.js';
import type { How } from '../harness/rogue-peer.js';
import { RogueViewer } from '../harness/rogue-viewer.js';

// A viewer that was let in has keys, so what it sends by RTP, RTCP and SCTP is decrypted and read. Whatever that is, somebody else who
// watches the same phone goes on watching, nothing has to be started again, and the phone encodes no more for it than for a weak link.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;
let bystander: Bystander;
let rogue: RogueViewer;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity');
  bystander = await Bystander.watch(browser, farm, phone.phoneId);
  rogue = await RogueViewer.join(farm, phone.phoneId);
});
afterAll(async () => {
  await rogue?.close();
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** The picture of who watches goes on, by the same connection and by the same processes. */
async function nobodyNotices(): Promise<void> {
  expect(await bystander.noticed()).toEqual([]);
}

const MINE = 0x0badcafe;
const video = (): number => rogue.ssrc('video');

/** Encoder restarts asked of the phone. */
const asked = (): Promise<number> => counted(farm, 'session-svc', 'ancloud_key_frames_asked_total');

/** RTP that media workers threw away. */
const refused = (): Promise<number> => counted(farm, 'media-svc', 'ancloud_media_rtp_refused_total');

/** Seconds in whose rest a media worker was not heard. */
const unheard = (): Promise<number> => counted(farm, 'media-svc', 'ancloud_media_refusals_unheard_total');

let sequence = 0x2000;
/** With the next number: of packets that have one, SRTP takes the first (RFC 3711 §3.3.2). */
function anew(packet: Buffer): Buffer {
  const copy = Buffer.from(packet);
  if (copy.length > 3) copy.writeUInt16BE(++sequence & 0xffff, 2);
  return copy;
}

/** The bytes behind it are fewer than the padding that it says it has. */
const rubbish = rtp(0xa0, 96, MINE, Buffer.from([1, 2, 3, 255]));

/** What a viewer's joins may be in so many tens of seconds, and what all losses of one layer may be (docs/protocol.md). */
const joins = (tens: number): number => 3 + tens;
const losses = (tens: number): number => 1 + tens;

/** As fast as the gateway takes its words: 20 a second. */
async function swaps(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await rogue.swap(round % 2 === 0 ? 'low' : 'main');
    await setTimeout(160);
  }
}

describe('a viewer with keys sends', () => {
  it.each<[string, How, () => readonly Buffer[]]>([
    [
      'RTP by a way that only receives',
      'rtp',
      () => [
        rtp(0x80, 111, MINE, noise(200)),
        // As the phone's own stream, and as one that it is sent itself.
        rtp(0x80, 96, video(), noise(1_000)),
        rtp(0x80, 96, rogue.ssrc('audio'), noise(40)),
      ],
    ],
    [
      'RTP whose header is not true',
      'rtp',
      () => [
        // More contributing sources, a longer extension, more padding than there are bytes; nothing behind the header; no header.
        rtp(0x8f, 96, MINE, noise(8)),
        rtp(0x90, 96, MINE, Buffer.concat([Buffer.from([0xbe, 0xde, 0xff, 0xff]), noise(8)])),
        rtp(0x90, 96, MINE, Buffer.concat([Buffer.from([0x10, 0, 0, 1, 5, 255, 0, 0]), noise(8)])),
        rtp(0xa0, 96, MINE, Buffer.from([1, 2, 3, 255])),
        rtp(0x80, 96, MINE),
        Buffer.from([0x80, 96]),
        rtp(0x00, 96, MINE, noise(20)),
      ],
    ],
    [
      'RTCP that is none',
      'rtcp',
      () => [
        rtcp(0, 200, u32(MINE), 40_000),
        rtcp(31, 201, u32(MINE)),
        rtcp(31, 202, noise(60)),
        rtcp(31, 203, u32(MINE)),
        rtcp(0, 204, Buffer.concat([u32(MINE), Buffer.from('\0\0\0\0'), noise(16)])),
        rtcp(15, 205, Buffer.concat([u32(MINE, video()), noise(36)])),
        rtcp(15, 206, Buffer.concat([u32(MINE, 0), Buffer.from('REMB'), Buffer.from([255, 255, 255, 255])])),
        rtcp(0, 207, Buffer.concat([u32(MINE), Buffer.from([4, 0, 255, 255]), noise(8)])),
        // A compound whose second packet is longer than what is left.
        Buffer.concat([rtcp(0, 201, u32(MINE)), rtcp(1, 206, u32(MINE), 500)]),
        ...Array.from({ length: 64 }, () => Buffer.concat([Buffer.from([0x80]), noise(59)])),
      ],
    ],
    [
      'RTCP about what is not its own',
      'rtcp',
      () => [
        // Says that the phone's source has left, that strangers' packets were lost, what its own clock is for the phone's stream.
        rtcp(2, 203, u32(video(), rogue.ssrc('audio'))),
        rtcp(1, 201, u32(MINE, 0x12345678, 0xff00ffff, 0, 0, 0, 0)),
        rtcp(0, 200, u32(video(), 0xeeeeeeee, 0, 0, 1, 1)),
        rtcp(1, 205, u32(MINE, 0x12345678, 0xffff)),
        rtcp(1, 206, u32(MINE, 0x12345678)),
        rtcp(4, 206, u32(MINE, 0, 0x12345678, 0x01000000)),
      ],
    ],
    [
      'what it claims its link takes, from nothing to everything',
      'rtcp',
      () =>
        [0, 0x03ffff, 0xfc0001].map((rate) =>
          rtcp(
            15,
            206,
            Buffer.concat([u32(MINE, 0), Buffer.from('REMB'), u32(0x01000000 | rate), u32(video())]),
          ),
        ),
    ],
    ['bytes that are nothing', 'raw', () => Array.from({ length: 200 }, (_, i) => noise(1 + i * 6))],
    [
      'SCTP that is none',
      'dtls',
      () => [
        // Ports 5000 and a chunk: INIT, ABORT, DATA, one of length 0, and noise.
        ...[1, 6, 0, 255].map((chunk) =>
          Buffer.concat([u32(0x13881388, 0, 0), Buffer.from([chunk, 0, 0, 20]), noise(16)]),
        ),
        Buffer.concat([u32(0x13881388, 0, 0), u32(0x01000000)]),
        ...Array.from({ length: 50 }, (_, i) => noise(1 + i * 20)),
      ],
    ],
  ])('%s: nobody else notices, and RTP is counted', async (_, how, packets) => {
    const send = async (): Promise<void> => {
      for (const packet of packets())
        for (const way of ['media', 'channels'] as const)
          expect(await rogue.send(way, how, how === 'rtp' ? anew(packet) : packet, 3)).toBe(3);
    };
    const before = await refused();
    await send();
    // A worker is heard in a tenth of the time.
    if (how === 'rtp') await rises(async () => (await send(), refused()), before);
    await nobodyNotices();
  });

  it('rubbish without end: the worker is silenced in each second, and heard in the next', async () => {
    const flood = async (): Promise<number> => {
      for (let packet = 0; packet < 500; packet++) await rogue.send('media', 'rtp', anew(rubbish));
      return unheard();
    };
    const before = await unheard();
    await rises(flood, before);
    await rises(flood, before + 1);
    await nobodyNotices();
    const heard = await refused();
    await rises(async () => (await rogue.send('media', 'rtp', anew(rubbish)), refused()), heard);
  });

  it('a hundred bad reports in each packet: the worker writes of none', async () => {
    const before = await unheard();
    // Extended reports (RFC 3611 §4.4) with a block that has no room for its time, which ends none of what follows.
    const report = rtcp(0, 207, Buffer.concat([u32(MINE), Buffer.from([4, 0, 0, 2])]));
    const compound = Buffer.concat(Array.from({ length: 100 }, () => report));
    const heard = await refused();
    await rises(async () => {
      expect(await rogue.send('media', 'rtcp', compound, 20)).toBe(20);
      // Of this it writes, so that it was listened to.
      await rogue.send('media', 'rtp', anew(rubbish));
      return refused();
    }, heard + 5);
    expect(await unheard()).toBe(before);
    await nobodyNotices();
  });

  it('requests for packets without end: they are sent to it alone', async () => {
    // Each names 17 packets (RFC 4585 §6.2.1), of all that there are.
    for (let first = 0; first < 65_536; first += 512) {
      const asked = Array.from(
        { length: 30 },
        (_, i) => (((first + i * 17) & 0xffff) * 0x10000 + 0xffff) >>> 0,
      );
      expect(await rogue.send('media', 'rtcp', rtcp(1, 205, u32(MINE, video(), ...asked)), 8)).toBe(8);
    }
    await nobodyNotices();
  });

  it('requests for key frames without end: the phone is asked as for one weak link, and the flood is counted', async () => {
    const floods = (): Promise<number> => counted(farm, 'media-svc', 'ancloud_media_key_frame_floods_total');
    const [askedBefore, floodsBefore, began] = [await asked(), await floods(), performance.now()];
    // PLI and FIR (RFC 4585 §6.3.1, RFC 5104 §4.3.1).
    for (let round = 0; round < 20; round++) {
      await rogue.send('media', 'rtcp', rtcp(1, 206, u32(MINE, video())), 500);
      await rogue.send('media', 'rtcp', rtcp(4, 206, u32(MINE, 0, video(), round << 24)), 500);
    }
    await eventually(async () => {
      if ((await floods()) === floodsBefore) throw new NotYet('no flood was counted');
    });
    // A loss may restart the encoder once in 10 s, whoever tells of it (docs/protocol.md).
    const budget = 1 + (performance.now() - began) / 10_000;
    expect((await asked()) - askedBefore).toBeLessThanOrEqual(budget);
    await nobodyNotices();
  });

  it('that its picture stop and go on, without end: that is worth a key frame three times, then as a loss', async () => {
    const [before, began] = [await asked(), performance.now()];
    for (let round = 0; round < 100; round++) {
      await rogue.flicker();
      // The gateway takes 20 messages a second, and no more.
      await setTimeout(110);
    }
    const budget = 1 + 3 + 2 * ((performance.now() - began) / 10_000);
    await nobodyNotices();
    expect((await asked()) - before).toBeLessThanOrEqual(budget);
  });

  it('for one layer and the other in turn, without end: those are the same three times', async () => {
    const [before, began] = [await asked(), performance.now()];
    await swaps(40);
    const spent = (performance.now() - began) / 10_000;
    await nobodyNotices();
    expect((await asked()) - before).toBeLessThanOrEqual(joins(spent) + 2 * losses(spent));
  });
});

describe('on a screen that stands, where a key frame is up to twelve pictures sent again to all', () => {
  const replayed = (): Promise<number> => counted(farm, 'session-svc', 'ancloud_gops_replayed_total');

  beforeAll(async () => {
    await farm.shell(phone.phoneId, 'am start -n com.ancloud.latency/.MainActivity');
    await bystander.viewer.patternWhere(({ kind }) => kind !== 'motion');
  });
  afterAll(() => farm.shell(phone.phoneId, 'am start -n com.ancloud.motion/.MainActivity'));

  it('nobody has more of them for one who goes from layer to layer', async () => {
    const [before, began] = [await replayed(), performance.now()];
    await swaps(40);
    const spent = (performance.now() - began) / 10_000;
    expect((await replayed()) - before).toBeLessThanOrEqual(joins(spent) + 2 * losses(spent));
  });

  it('nor for one who asks for key frames of a picture that it never let begin', async () => {
    await rogue.consumeUnseen();
    const [before, began] = [await replayed(), performance.now()];
    for (let round = 0; round < 60; round++) {
      await rogue.send('media', 'rtcp', rtcp(1, 206, u32(MINE, video())));
      // As many as are listened to.
      await setTimeout(110);
    }
    const spent = (performance.now() - began) / 10_000;
    expect((await replayed()) - before).toBeLessThanOrEqual(losses(spent));
  });
});
