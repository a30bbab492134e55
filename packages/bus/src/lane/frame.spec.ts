import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError, FrameReader, HEADER_BYTES, Kind, writeFrame } from './frame.js';

type Row = [Kind, number, string];

function read(chunks: readonly Buffer[], limit = 64): Row[] {
  const rows: Row[] = [];
  const reader = new FrameReader((kind, lane, body) => rows.push([kind, lane, body.toString('hex')]), limit);
  for (const chunk of chunks) reader.read(chunk);
  return rows;
}

const message = Buffer.from('0300000000070000000a0b0c', 'hex');
const ping = Buffer.from('000000000400000000', 'hex');

describe('a lane’s frames', () => {
  it('are a length, a kind, a lane and a body', () => {
    const to = Buffer.alloc(20, 0xee);
    expect(writeFrame(to, 2, Kind.message, 7, Uint8Array.of(0x0a, 0x0b, 0x0c))).toBe(14);
    expect(to.toString('hex')).toBe(`eeee${message.toString('hex')}eeeeeeeeeeee`);
    expect(read([message, ping])).toEqual([
      [Kind.message, 7, '0a0b0c'],
      [Kind.ping, 0, ''],
    ]);
  });

  it('may come in any pieces', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 8 }), fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 64 })),
          { maxLength: 8 },
        ),
        fc.array(fc.integer({ min: 1, max: 40 })),
        (frames, cuts) => {
          const bytes = Buffer.concat(
            frames.map(([kind, lane, body]) => {
              const to = Buffer.alloc(HEADER_BYTES + body.length);
              writeFrame(to, 0, kind as Kind, lane, body);
              return to;
            }),
          );
          const chunks: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(bytes.subarray(at));
          expect(read(chunks)).toEqual(
            frames.map(([kind, lane, body]) => [kind, lane, Buffer.from(body).toString('hex')]),
          );
        },
      ),
    );
  });

  it.each([
    ['a body beyond the limit', Buffer.from('4100000000070000000a', 'hex'), /65 bytes is larger than 64/],
    ['a body of 4 GiB', Buffer.from('ffffffff0007000000', 'hex'), /larger than 64/],
    ['a kind that there is none of', Buffer.from('000000000b00000000', 'hex'), /no kind 11/],
  ])('refuses %s', (_, bytes, text) => {
    expect(() => read([bytes])).toThrow(text);
    expect(() => read([bytes])).toThrow(FrameError);
  });

  it('reads larger bodies when it may', () => {
    const rows: number[] = [];
    const reader = new FrameReader((_, __, body) => rows.push(body.length), 16);
    reader.allow(100);
    const to = Buffer.alloc(HEADER_BYTES + 100);
    writeFrame(to, 0, Kind.message, 1, Buffer.alloc(100));
    reader.read(to);
    expect(rows).toEqual([100]);
  });
});
