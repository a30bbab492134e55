/** scrcpy's fixed-point fields (app/src/util/binary.h, server util/Binary.java). */

const clamp = (value: number, min: number, max: number): number =>
  Number.isNaN(value) ? 0 : Math.min(max, Math.max(min, value));

/** 0…1 → u16: times 2^16, truncated, 1 becoming 0xffff. */
export function toU16(value: number): number {
  return Math.min(0xffff, Math.trunc(clamp(value, 0, 1) * 0x1_0000));
}
export function fromU16(value: number): number {
  return value === 0xffff ? 1 : value / 0x1_0000;
}
/** -1…1 → i16: times 2^15, truncated, 1 becoming 0x7fff. */
export function toI16(value: number): number {
  return Math.min(0x7fff, Math.trunc(clamp(value, -1, 1) * 0x8000));
}
export function fromI16(value: number): number {
  return value === 0x7fff ? 1 : value / 0x8000;
}
