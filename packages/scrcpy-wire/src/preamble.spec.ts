import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPreambleParser, encodePreamble } from './index.js';

const both = { dummyByte: true, deviceMeta: true };

describe('preamble', () => {
  it('is a byte 0, then the name padded to 64 bytes', () => {
    const bytes = encodePreamble(both, 'Pixel ü');
    expect(bytes.length).toBe(65);
    expect(Buffer.from(bytes.subarray(0, 11)).toString('hex')).toBe('00506978656c20c3bc0000');
    expect(encodePreamble({ dummyByte: true, deviceMeta: false }, '')).toEqual(Uint8Array.of(0));
    expect(() => encodePreamble(both, 'x'.repeat(64))).toThrow(
      expect.objectContaining({ code: 'SCRCPY_VALUE' }),
    );
  });

  it.each([
    [both, 'Pixel ü'],
    [{ dummyByte: false, deviceMeta: true }, 'Pixel ü'],
    [{ dummyByte: true, deviceMeta: false }, undefined],
    [{ dummyByte: false, deviceMeta: false }, undefined],
  ])('%o is read in any chunking and the rest handed on', (options, deviceName) => {
    const stream = Buffer.concat([encodePreamble(options, 'Pixel ü'), Uint8Array.of(1, 2, 3)]);
    fc.assert(
      fc.property(fc.nat(stream.length), fc.nat(stream.length), (a, b) => {
        const parser = createPreambleParser(options);
        const rest: Uint8Array[] = [];
        let done = false;
        for (const [from, to] of [
          [0, Math.min(a, b)],
          [Math.min(a, b), Math.max(a, b)],
          [Math.max(a, b), stream.length],
        ] as const) {
          if (done) {
            rest.push(stream.subarray(from, to));
            continue;
          }
          const result = parser.push(stream.subarray(from, to));
          if (result === undefined) continue;
          done = true;
          expect(result.preamble.deviceName).toBe(deviceName);
          rest.push(result.rest);
        }
        expect(Buffer.concat(rest)).toEqual(Buffer.of(1, 2, 3));
      }),
    );
  });

  it('refuses another first byte', () => {
    expect(() => createPreambleParser(both).push(Uint8Array.of(0x68))).toThrow(
      expect.objectContaining({ code: 'SCRCPY_MALFORMED' }),
    );
  });
});
