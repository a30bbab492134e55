import {
  type ControlMessage,
  createControlParser,
  createDeviceMessageParser,
  createMediaParser,
  createPreambleParser,
  encodePacketHeader,
  encodePreamble,
  encodeSessionPacket,
  encodeStreamHeader,
  parseScrcpyVersion,
  ScrcpyError,
  serializeControl,
  serializeDeviceMessage,
  type MediaDialect,
} from '@ancloud/scrcpy-wire';
import { damagedBytes, FUZZ_MS, fuzzSettings } from '@ancloud/testkit';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';

const size = { width: 720, height: 1_280 };
/** Where a stream is cut into chunks: the same bytes mean the same in any. */
const cuts = fc.array(fc.nat(64), { maxLength: 12 });

function chunks(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  parts.push(bytes.subarray(at));
  return parts;
}

/** All that a parser says of the bytes: what it delivered, then why it stopped. */
function said(
  parts: readonly Buffer[],
  parser: { push(chunk: Uint8Array): unknown },
  told: unknown[],
): unknown[] {
  for (const part of parts) {
    try {
      // As a socket's chunk, whose bytes somebody may use again.
      parser.push(Uint8Array.from(part));
    } catch (error) {
      if (!(error instanceof ScrcpyError)) throw error;
      told.push(error.code);
      return told;
    }
  }
  return told;
}

function media(dialect: MediaDialect): Buffer {
  const body = Buffer.from('0000000165aabbcc', 'hex');
  return Buffer.concat([
    encodeStreamHeader(dialect, 'h264', size),
    ...(dialect === 'v4' ? [encodeSessionPacket(size)] : []),
    encodePacketHeader(dialect, { config: true, ptsUs: 0, size: body.length }),
    body,
    encodePacketHeader(dialect, { keyFrame: true, ptsUs: 5_000, size: body.length }),
    body,
    encodePacketHeader(dialect, { ptsUs: 10_000, size: body.length }),
    body,
  ]);
}

it.each(['v3', 'v4'] as const)(
  '%s media mean the same in any chunks, or are refused for the same reason',
  (dialect) => {
    const read = (parts: readonly Buffer[]): unknown[] => {
      const told: unknown[] = [];
      const sink = {
        codec: (codec: string) => told.push(codec),
        session: (session: { readonly width: number; readonly height: number }) => {
          // Positions on the picture travel as u16.
          for (const side of [session.width, session.height]) expect(side > 0 && side <= 0xffff).toBe(true);
          told.push(session);
        },
        packet: ({ data, ...head }: { readonly data: Uint8Array }) => {
          expect(data.length).toBeLessThanOrEqual(4_096);
          told.push({ ...head, data: Buffer.from(data).toString('hex') });
        },
      };
      return said(parts, createMediaParser({ dialect, kind: 'video', maxPacketSize: 4_096, sink }), told);
    };
    const good = media(dialect);
    expect(read([good])).toHaveLength(5);
    // Of any size: v3 tells it behind the codec's id, v4 in a packet of its own.
    const sized = fc.tuple(fc.nat(0x1_0010), fc.nat(0x1_0010)).map(([width, height]) => {
      const bytes = Buffer.from(good);
      const at = dialect === 'v3' ? 4 : 8;
      bytes.writeUInt32BE(width, at);
      bytes.writeUInt32BE(height % 3 === 0 ? 0 : height, at + 4);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(damagedBytes([good], 64), sized), cuts, (bytes, lengths) => {
        expect(read(chunks(bytes, lengths))).toEqual(read([bytes]));
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);

it(
  'messages of a phone mean the same in any chunks, or are refused for the same reason',
  () => {
    const read = (parts: readonly Buffer[]): unknown[] => {
      const told: unknown[] = [];
      const parser = createDeviceMessageParser({
        onMessage: (message) => told.push(message),
        maxClipboard: 1_000,
      });
      return said(parts, parser, told);
    };
    const good = Buffer.concat(
      [
        { kind: 'clipboard', text: 'kopiert – 复制' } as const,
        { kind: 'ackClipboard', sequence: 7n } as const,
        { kind: 'uhidOutput', id: 3, data: Uint8Array.of(1, 2, 3) } as const,
      ].map(serializeDeviceMessage),
    );
    expect(read([good])).toHaveLength(3);
    fc.assert(
      fc.property(damagedBytes([good], 32), cuts, (bytes, lengths) => {
        expect(read(chunks(bytes, lengths))).toEqual(read([bytes]));
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);

const CONTROL: readonly ControlMessage[] = [
  { kind: 'injectKeycode', action: 0, keycode: 4, repeat: 0, metaState: 0 },
  { kind: 'injectText', text: 'größer' },
  {
    kind: 'injectTouch',
    action: 0,
    pointerId: 1n,
    x: 3,
    y: 4,
    ...size,
    pressure: 1,
    actionButton: 0,
    buttons: 0,
  },
  { kind: 'injectScroll', x: 3, y: 4, ...size, hScroll: 0, vScroll: -16, buttons: 0 },
  { kind: 'setClipboard', sequence: 2n, text: 'text', paste: true },
  { kind: 'resetVideo' },
];

it.each(['3.3.4', '4.1'])(
  'controls of %s mean the same in any chunks, or are refused for the same reason',
  (text) => {
    const version = parseScrcpyVersion(text);
    const read = (parts: readonly Buffer[]): unknown[] => {
      const told: unknown[] = [];
      return said(parts, createControlParser({ version, onMessage: (message) => told.push(message) }), told);
    };
    const good = Buffer.concat(CONTROL.map((message) => serializeControl(message, version)));
    expect(read([good])).toHaveLength(CONTROL.length);
    fc.assert(
      fc.property(damagedBytes([good], 100), cuts, (bytes, lengths) => {
        expect(read(chunks(bytes, lengths))).toEqual(read([bytes]));
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);

it(
  'what comes before the first stream is taken in any chunks, and nothing behind it',
  () => {
    const options = { dummyByte: true, deviceMeta: true };
    const read = (parts: readonly Buffer[]): unknown => {
      const parser = createPreambleParser(options);
      for (const [at, part] of parts.entries()) {
        try {
          const found = parser.push(part);
          if (found !== undefined)
            return [found.preamble, Buffer.concat([found.rest, ...parts.slice(at + 1)]).toString('hex')];
        } catch (error) {
          if (!(error instanceof ScrcpyError)) throw error;
          return error.code;
        }
      }
      return undefined;
    };
    const good = Buffer.concat([encodePreamble(options, 'redroid13'), Buffer.from('h264')]);
    fc.assert(
      fc.property(damagedBytes([good], 70), cuts, (bytes, lengths) => {
        expect(read(chunks(bytes, lengths))).toEqual(read([bytes]));
      }),
      fuzzSettings(300),
    );
  },
  FUZZ_MS,
);
