import { parseRtp } from '@ancloud/rtp';
import { createMediaParser, type MediaPacket } from '@ancloud/scrcpy-wire';
import { describe, expect, it } from 'vitest';
import { film, frameNumber, frameTag, rtpFrames, scrcpyFrames } from './stream-file.js';

const short = film({ seconds: 1, framesPerSecond: 10, bitRate: 800_000, group: 5, keyFrameRatio: 6 });

/** Reads a file of native/pace.h the way pace.c does. */
function read(file: Uint8Array): { interval: number; head: Uint8Array; frames: Uint8Array[][] } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 0;
  const u32 = (): number => view.getUint32((at += 4) - 4);
  const part = (): Uint8Array => {
    const length = u32();
    return file.subarray(at, (at += length));
  };
  const interval = u32();
  const head = part();
  const frames: Uint8Array[][] = [];
  while (at < file.length) frames.push(Array.from({ length: u32() }, part));
  return { interval, head, frames };
}

it.each([0, 1, 127, 128, 599, 2 ** 28 - 1])('frame %i is told by its tag, without a byte 0', (number) => {
  expect(frameNumber(frameTag(number))).toBe(number);
  expect(frameTag(number) & 0x80808080).toBe(0x80808080 | 0);
});

describe('a film', () => {
  it('has the bit rate that was asked for', () => {
    const bytes = short.units.reduce((total, unit) => total + unit.length, 0);
    expect(Math.abs(bytes - 100_000)).toBeLessThan(20);
  });

  it('reads as scrcpy’s stream, key frames where they should be', () => {
    const { interval, head, frames } = read(scrcpyFrames(short));
    const packets: MediaPacket[] = [];
    const sizes: number[] = [];
    const parser = createMediaParser({
      dialect: 'v4',
      kind: 'video',
      sink: {
        codec: (codec) => expect(codec).toBe('h264'),
        session: ({ width, height }) => sizes.push(width, height),
        packet: (packet) => packets.push({ ...packet, data: Uint8Array.from(packet.data) }),
      },
    });
    for (const bytes of [head, ...frames.flat()]) parser.push(bytes);
    expect(interval).toBe(100_000);
    expect(sizes).toEqual([720, 1280]);
    expect(packets.map(({ config, keyFrame }) => (config ? 'c' : keyFrame ? 'k' : '.')).join('')).toBe(
      'ck....k....',
    );
    expect(packets.slice(1).map(({ data }) => data)).toEqual(short.units);
  });

  it('is cut into RTP whose marker packets end with the tag', () => {
    const { frames } = read(rtpFrames(short, 7, 102));
    expect(frames).toHaveLength(10);
    for (const [number, packets] of frames.entries()) {
      const last = packets.at(-1) ?? new Uint8Array();
      expect(parseRtp(last)).toMatchObject({ marker: true, ssrc: 7, payloadType: 102 });
      expect(new DataView(last.buffer, last.byteOffset).getUint32(last.length - 4)).toBe(frameTag(number));
    }
  });
});
