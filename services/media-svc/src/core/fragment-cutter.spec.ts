import { box, track, u32 } from '@ancloud/testkit';
import { describe, expect, it } from 'vitest';
import { FragmentCutter, type Piece } from './fragment-cutter.js';

/** Track 1 in 90 kHz, track 2 in 48 kHz. */
const head = Buffer.concat([
  box('ftyp', Buffer.from('isom')),
  box('moov', track(1, 90_000), track(2, 48_000)),
]);
const picture = (time: number, duration: number, samples: number): Buffer =>
  box(
    'traf',
    box('tfhd', u32(0x02_0008, 1, duration)),
    box('tfdt', u32(0x0100_0000, 0, time)),
    box('trun', u32(0, samples)),
  );
const sound = box(
  'traf',
  box('tfhd', u32(0x02_0008, 2, 1_024)),
  box('tfdt', u32(0, 0)),
  box('trun', u32(0, 500)),
);
const fragment = (data: number, ...trafs: Buffer[]): Buffer =>
  Buffer.concat([box('moof', box('mfhd', u32(0, 1)), ...trafs), box('mdat', Buffer.alloc(data, 7))]);

const first = fragment(3_000, picture(0, 3_000, 30), sound);
const second = fragment(20, picture(90_000, 3_000, 45));
const file = Buffer.concat([head, first, second, box('mfra', u32(0))]);

describe('FragmentCutter', () => {
  it.each([1, 7, 1_000, file.length])('cuts what comes %i bytes at a time', (size) => {
    const cutter = new FragmentCutter();
    const pieces: Piece[] = [];
    for (let at = 0; at < file.length; at += size) pieces.push(...cutter.push(file.subarray(at, at + size)));
    expect(pieces).toEqual([
      { kind: 'head', bytes: head },
      { kind: 'fragment', bytes: first, frames: 30, pictureMs: 1_000 },
      { kind: 'fragment', bytes: second, frames: 45, pictureMs: 1_500 },
    ]);
  });

  it.each([
    ['a box without an end', u32(0, 0x6d646174, 0, 0)],
    ['a box that is longer than any', Buffer.concat([u32(0x7fff_ffff), Buffer.from('mdat')])],
    ['a box that is shorter than its head', Buffer.concat([u32(3), Buffer.from('mdat'), Buffer.alloc(8)])],
  ])('refuses %s', (_, bytes) => {
    expect(() => new FragmentCutter().push(bytes)).toThrow(
      expect.objectContaining({ code: 'STREAM_FAILED' }),
    );
  });
});
