import { expect, it } from 'vitest';
import { ByteWriter } from './bytes.js';

const hex = (size: number, write: (out: ByteWriter) => void): string => {
  const out = new ByteWriter(size);
  write(out);
  return Buffer.from(out.bytes).toString('hex');
};

it('writes big-endian fields, the least and the largest of each', () => {
  expect(hex(3, (out) => out.u8(0).u8(0xfe).u8(0xff))).toBe('00feff');
  expect(hex(4, (out) => out.u16(0x0102).u16(0xffff))).toBe('0102ffff');
  expect(hex(6, (out) => out.i16(-0x8000).i16(-2).i16(0x7fff))).toBe('8000fffe7fff');
  expect(hex(8, (out) => out.u32(0x01020304).u32(0xffff_fffe))).toBe('01020304fffffffe');
  expect(hex(12, (out) => out.i32(-0x8000_0000).i32(-2).i32(0x7fff_ffff))).toBe('80000000fffffffe7fffffff');
  expect(hex(16, (out) => out.u64(0x0102_0304_0506_0708n).u64(0xffff_ffff_ffff_fffen))).toBe(
    '0102030405060708fffffffffffffffe',
  );
  expect(hex(4, (out) => out.u8(1).data(Uint8Array.of(2, 3)).u8(4))).toBe('01020304');
});

it.each([
  ['u8', (out: ByteWriter) => out.u8(1)],
  ['u16', (out: ByteWriter) => out.u16(1)],
  ['i32', (out: ByteWriter) => out.i32(1)],
  ['u64', (out: ByteWriter) => out.u64(1n)],
  ['data', (out: ByteWriter) => out.data(Uint8Array.of(1))],
])('writes no %s beyond the end', (_, write) => {
  const out = new ByteWriter(4);
  out.u32(1);
  expect(() => write(out)).toThrow(RangeError);
});
