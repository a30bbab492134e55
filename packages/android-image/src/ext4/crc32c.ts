/** CRC-32C (Castagnoli) as ext4 uses it: the start value is given, nothing is inverted at the end. */
const TABLE = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ ((value & 1) * 0x82f63b78);
  return value;
});

export function crc32c(start: number, bytes: Uint8Array): number {
  let sum = start;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xff]! ^ (sum >>> 8);
  return sum >>> 0;
}
