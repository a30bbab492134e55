const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** The IEND chunk whole: length 0, type, CRC (PNG specification, section 11.2.5). */
const END = [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

/** True when the bytes begin as a PNG does; needs 8 of them. */
export function beginsAsPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** True when the bytes end as a whole PNG does; needs 12 of them. */
export function endsAsPng(bytes: Uint8Array): boolean {
  const at = bytes.length - END.length;
  return at >= 0 && END.every((byte, i) => bytes[at + i] === byte);
}
