import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createMediaParser,
  encodeDisabledStream,
  encodePacketHeader,
  encodeSessionPacket,
  encodeStreamHeader,
  ScrcpyError,
} from '../index.js';
import type { MediaDialect, MediaKind } from '../index.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Everything the sink was told, in order; payloads in hex. */
function record(dialect: MediaDialect, kind: MediaKind, maxPacketSize?: number) {
  const events: unknown[] = [];
  const packets: Uint8Array[] = [];
  const parser = createMediaParser({
    dialect,
    kind,
    ...(maxPacketSize === undefined ? {} : { maxPacketSize }),
    sink: {
      codec: (codec) => events.push(codec),
      session: (session) => events.push(session),
      packet(packet) {
        packets.push(packet.data);
        events.push({ ...packet, data: Buffer.from(packet.data).toString('hex') });
      },
    },
  });
  return { parser, events, packets };
}

const V3 = bytes(
  '68323634 000002d0 00000500' + // h264 720×1280
    '8000000000000000 00000003 aabbcc' + // config
    '40000000000186a0 00000002 0102' + // key frame at 100,000 µs
    '0000000100000001 00000001 ff', // at 2^32 + 1 µs
);
const V4 = bytes(
  '68323634' +
    '80000000 000002d0 00000500' + // session
    '4000000000000000 00000003 aabbcc' +
    '20000000000186a0 00000002 0102' +
    '80000001 00000500 000002d0' + // rotated by a client resize
    '0000000100000001 00000001 ff',
);
const size = { width: 720, height: 1280, clientResize: false };
const packets = [
  { config: true, keyFrame: false, ptsUs: 0, data: 'aabbcc' },
  { config: false, keyFrame: true, ptsUs: 100_000, data: '0102' },
  { config: false, keyFrame: false, ptsUs: 2 ** 32 + 1, data: 'ff' },
];
const V3_EVENTS = ['h264', size, ...packets];
const V4_EVENTS = [
  'h264',
  size,
  packets[0],
  packets[1],
  { width: 1280, height: 720, clientResize: true },
  packets[2],
];
const STREAMS = [
  ['v3', V3, V3_EVENTS],
  ['v4', V4, V4_EVENTS],
] as const;

describe('media parser', () => {
  it.each(STREAMS)('reads a %s video stream', (dialect, stream, events) => {
    const got = record(dialect, 'video');
    got.parser.push(stream);
    got.parser.end();
    expect(got.events).toEqual(events);
  });

  it.each(STREAMS)('reads %s in any chunking', (dialect, stream, events) => {
    const run = (cuts: readonly number[]): void => {
      const got = record(dialect, 'video');
      let from = 0;
      for (const cut of [...cuts, stream.length]) {
        got.parser.push(stream.subarray(from, cut));
        from = cut;
      }
      got.parser.end();
      expect(got.events).toEqual(events);
    };
    fc.assert(fc.property(fc.array(fc.nat(stream.length)), (cuts) => run(cuts.toSorted((a, b) => a - b))));
    run(Array.from(stream.keys()));
  });

  it('gives views of the chunk, and buffers of its own only over a boundary', () => {
    const whole = record('v4', 'video');
    whole.parser.push(V4);
    for (const data of whole.packets) expect(data.buffer).toBe(V4.buffer);

    const cut = record('v4', 'video');
    const head = V4.slice(0, 29);
    cut.parser.push(head);
    const tail = V4.slice(29);
    cut.parser.push(tail);
    head.fill(0);
    expect(Buffer.from(cut.packets[0]!).toString('hex')).toBe('aabbcc');
    expect(cut.packets[1]!.buffer).toBe(tail.buffer);
  });

  it('reads audio of both dialects', () => {
    for (const [dialect, config] of [
      ['v3', '80'],
      ['v4', '40'],
    ] as const) {
      const got = record(dialect, 'audio');
      got.parser.push(bytes(`6f707573 ${config}00000000000000 00000001 07 0000000000000014 00000002 fc01`));
      expect(got.events).toEqual([
        'opus',
        { config: true, keyFrame: false, ptsUs: 0, data: '07' },
        { config: false, keyFrame: false, ptsUs: 20, data: 'fc01' },
      ]);
    }
  });

  it('writes what it reads', () => {
    const write = (dialect: MediaDialect): string =>
      Buffer.concat([
        encodeStreamHeader(dialect, 'h264', { width: 720, height: 1280 }),
        dialect === 'v4' ? encodeSessionPacket({ width: 720, height: 1280 }) : new Uint8Array(0),
        encodePacketHeader(dialect, { config: true, ptsUs: 0, size: 3 }),
        bytes('aabbcc'),
        encodePacketHeader(dialect, { keyFrame: true, ptsUs: 100_000, size: 2 }),
        bytes('0102'),
        dialect === 'v4' ? encodeSessionPacket({ width: 1280, height: 720 }, true) : new Uint8Array(0),
        encodePacketHeader(dialect, { ptsUs: 2 ** 32 + 1, size: 1 }),
        bytes('ff'),
      ]).toString('hex');
    expect(write('v3')).toBe(Buffer.from(V3).toString('hex'));
    expect(write('v4')).toBe(Buffer.from(V4).toString('hex'));
    expect(Buffer.from(encodeStreamHeader('v4', 'opus')).toString('hex')).toBe('6f707573');
    expect(Buffer.from(encodeDisabledStream('unavailable')).toString('hex')).toBe('00000000');
    expect(Buffer.from(encodeDisabledStream('error')).toString('hex')).toBe('00000001');
  });

  it.each([
    ['v3', 'audio', '00000000', 'SCRCPY_STREAM_DISABLED'],
    ['v3', 'video', '00000001', 'SCRCPY_STREAM_CONFIG'],
    ['v4', 'video', '6f707573', 'SCRCPY_CODEC_UNKNOWN'],
    ['v4', 'audio', '41414141', 'SCRCPY_CODEC_UNKNOWN'],
    ['v4', 'video', '68323634 2000000000000000 00000001', 'SCRCPY_MALFORMED'], // packet before session
    ['v4', 'audio', '6f707573 80000000 00000001 00000001', 'SCRCPY_MALFORMED'], // session in audio
    ['v4', 'video', '68323634 80000000 00000000 00000001', 'SCRCPY_MALFORMED'],
    ['v3', 'video', '68323634 00010000 00000001', 'SCRCPY_MALFORMED'],
    ['v3', 'video', '68323634 00000001 00000001 0000000000000000 00000000', 'SCRCPY_MALFORMED'], // empty
    ['v3', 'video', '68323634 00000001 00000001 0000000000000000 00400001', 'SCRCPY_TOO_LARGE'],
    ['v3', 'video', '68323634 00000001 00000001 0020000000000000 00000001', 'SCRCPY_MALFORMED'], // 2^53 µs
  ] as const)('%s %s refuses %s with %s, for good', (dialect, kind, stream, code) => {
    const { parser } = record(dialect, kind);
    const wrong = expect.objectContaining({ code });
    expect(() => parser.push(bytes(stream))).toThrow(wrong);
    expect(() => parser.push(new Uint8Array(1))).toThrow(wrong);
    expect(() => parser.end()).toThrow(wrong);
  });

  it('takes its limit from the caller', () => {
    const { parser } = record('v4', 'audio', 10);
    expect(() => parser.push(bytes('6f707573 0000000000000000 0000000b'))).toThrow(
      expect.objectContaining({ code: 'SCRCPY_TOO_LARGE' }),
    );
  });

  it.each([2, 6, 20, 29])('says when the stream ends after %i bytes, inside something', (length) => {
    const { parser } = record('v3', 'video');
    parser.push(V3.subarray(0, length));
    expect(() => parser.end()).toThrow(expect.objectContaining({ code: 'SCRCPY_TRUNCATED' }));
  });

  it('survives hostile bytes: only its own errors, and never a payload above the limit', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(V3, V4).map((s) => s.slice(0, 30)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('v3', 'v4'),
        fc.constantFrom('video', 'audio'),
        fc.array(hostile),
        (dialect, kind, chunks) => {
          const got = record(dialect, kind, 1000);
          try {
            for (const chunk of chunks) got.parser.push(chunk);
          } catch (error) {
            if (!(error instanceof ScrcpyError)) throw error;
          }
          for (const data of got.packets) expect(data.length).toBeLessThanOrEqual(1000);
        },
      ),
      { numRuns: 500 },
    );
  });
});
