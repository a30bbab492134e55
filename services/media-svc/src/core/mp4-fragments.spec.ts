import { box, track, u32 } from '@ancloud/testkit';
import { describe, expect, it } from 'vitest';
import { FragmentReader, type Mp4Content } from './mp4-fragments.js';

/** Track 1 in 90 kHz, track 2 in 48 kHz. */
const head = Buffer.concat([
  box('ftyp', Buffer.from('isom')),
  box('moov', track(1, 90_000), track(2, 48_000)),
]);

const picture = (time: number, durations: readonly number[]): Buffer =>
  box(
    'traf',
    // default-base-is-moof; a preset duration.
    box('tfhd', u32(0x02_0008, 1, 77)),
    box('tfdt', u32(0x0100_0000, 0, time)),
    // data offset, durations and sizes.
    box('trun', u32(0x301, durations.length, 0, ...durations.flatMap((duration) => [duration, 5]))),
  );
const sound = (time: number, samples: number): Buffer =>
  box('traf', box('tfhd', u32(0x02_0008, 2, 960)), box('tfdt', u32(0, time)), box('trun', u32(0, samples)));
const fragment = (...trafs: Buffer[]): Buffer =>
  Buffer.concat([box('moof', box('mfhd', u32(0, 1)), ...trafs), box('mdat', Buffer.alloc(20))]);

const first = fragment(picture(0, [3_000, 3_000]), sound(0, 3));
const second = fragment(picture(6_000, [3_000]), sound(2_880, 50));
const whole = Buffer.concat([head, first, second]);

const read = (bytes: Buffer, reader = new FragmentReader()): Mp4Content =>
  reader.read(bytes.length, (at, length) => bytes.subarray(at, at + length));

describe('FragmentReader', () => {
  it.each([
    ['nothing', Buffer.alloc(0), 0, 0, 0],
    ['a head alone', head, head.length, 0, 0],
    ['a head that is cut off', head.subarray(0, -1), 0, 0, 0],
    ['one fragment', Buffer.concat([head, first]), head.length + first.length, 2, 67],
    // 2,880 / 48,000 + 50 · 20 ms.
    ['two', whole, whole.length, 3, 1_060],
    ['the second cut off', whole.subarray(0, -1), head.length + first.length, 2, 67],
    ['an index without its data', whole.subarray(0, -28), head.length + first.length, 2, 67],
    ['what ffmpeg puts at the end', Buffer.concat([whole, box('mfra', u32(0))]), whole.length + 12, 3, 1_060],
    ['zeros behind', Buffer.concat([whole, Buffer.alloc(64)]), whole.length, 3, 1_060],
  ])('%s', (_name, bytes, size, frames, durationMs) => {
    expect(read(bytes)).toEqual({ bytes: size, frames, durationMs });
  });

  it('follows a file that grows, and looks at nothing twice', () => {
    const reader = new FragmentReader();
    const looked: number[] = [];
    for (let size = 0; size <= whole.length; size += 1)
      reader.read(size, (at, length) => {
        if (length > 16) looked.push(at);
        return whole.subarray(at, Math.min(at + length, size));
      });
    expect(read(whole, reader)).toEqual({ bytes: whole.length, frames: 3, durationMs: 1_060 });
    expect(looked).toHaveLength(3);
  });

  it('takes any bytes', () => {
    for (let at = 0; at < whole.length; at += 1) {
      const torn = Buffer.from(whole);
      torn[at] = 0xff;
      expect(read(torn).bytes).toBeLessThanOrEqual(torn.length);
    }
  });
});
