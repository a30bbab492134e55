import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeviceMessageParser, serializeDeviceMessage } from './index.js';
import type { DeviceMessage } from './index.js';

const TABLE: readonly (readonly [DeviceMessage, string])[] = [
  [{ kind: 'clipboard', text: 'ABCü' }, '00 00000005 414243c3bc'],
  [{ kind: 'ackClipboard', sequence: 0x0102030405060708n }, '01 0102030405060708'],
  [{ kind: 'uhidOutput', id: 42, data: Uint8Array.of(1, 2, 3) }, '02 002a 0003 010203'],
];

function parser(got: DeviceMessage[], maxClipboard?: number): ReturnType<typeof createDeviceMessageParser> {
  return createDeviceMessageParser({
    onMessage: (message) => got.push(message),
    ...(maxClipboard === undefined ? {} : { maxClipboard }),
  });
}

describe('device messages', () => {
  it.each(TABLE)('%o is %s', (message, hex) => {
    const bytes = serializeDeviceMessage(message);
    expect(Buffer.from(bytes).toString('hex')).toBe(hex.replaceAll(' ', ''));
    const got: DeviceMessage[] = [];
    parser(got).push(bytes);
    expect(got).toEqual([message]);
  });

  it('reads the same messages in any chunking', () => {
    const bytes = Buffer.concat(TABLE.map(([message]) => serializeDeviceMessage(message)));
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (unsorted) => {
        const got: DeviceMessage[] = [];
        const stream = parser(got);
        let from = 0;
        for (const cut of [...unsorted.toSorted((a, b) => a - b), bytes.length]) {
          stream.push(bytes.subarray(from, cut));
          from = cut;
        }
        stream.end();
        expect(got).toEqual(TABLE.map(([message]) => message));
      }),
    );
  });

  it('refuses unknown types and texts above the limit before they come', () => {
    expect(() => parser([]).push(Uint8Array.of(3))).toThrow(
      expect.objectContaining({ code: 'SCRCPY_MESSAGE_UNKNOWN' }),
    );
    expect(() => parser([], 10).push(Uint8Array.of(0, 0, 0, 0, 11))).toThrow(
      expect.objectContaining({ code: 'SCRCPY_TOO_LARGE' }),
    );
  });
});
