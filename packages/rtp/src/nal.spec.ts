import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findStartCode, forEachNal, isIdr, nalTypes } from './index.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

function nals(annexB: Uint8Array): string[] {
  const found: string[] = [];
  forEachNal(annexB, (start, end) => found.push(Buffer.from(annexB.subarray(start, end)).toString('hex')));
  return found;
}

describe('Annex-B', () => {
  it.each([
    ['000001 67aa', ['67aa']],
    ['00000001 67aa 00000001 68bb 000001 65cc', ['67aa', '68bb', '65cc']],
    ['00000001 67aa 0000000000 000001 68bb 0000', ['67aa', '68bb']], // zeros between and behind
    ['ffff 000001 65', ['65']], // junk before the first start code
    ['000001 000001 65', ['65']], // an empty unit
    ['000001 65 000003 01 000002', ['6500000301000002']], // emulation prevention is no start code
    ['000001', []],
    ['0000', []],
    ['', []],
  ])('%s has the units %o', (stream, units) => expect(nals(bytes(stream))).toEqual(units));

  it('finds start codes as a plain search does', () => {
    const few = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, 255), { maxLength: 60 });
    fc.assert(
      fc.property(few, fc.nat(60), (array, from) => {
        const data = Uint8Array.from(array);
        const plain = Buffer.from(data).indexOf('000001', from, 'hex');
        expect(findStartCode(data, from)).toBe(plain < 0 ? data.length : plain);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells IDR pictures, behind whatever leads them', () => {
    expect(isIdr(bytes('00000001 65 00000001 65'))).toBe(true);
    expect(isIdr(bytes('000001 09f0 000001 67aa 000001 68bb 000001 06cc 000001 65dd'))).toBe(true);
    expect(isIdr(bytes('000001 41 000001 65'))).toBe(false); // the first slice decides
    expect(isIdr(bytes('000001 67aa 000001 68bb'))).toBe(false);
    expect(isIdr(new Uint8Array(0))).toBe(false);
    expect(nalTypes(bytes('000001 09f0 000001 67aa 000001 65'))).toEqual([9, 7, 5]);
  });
});
