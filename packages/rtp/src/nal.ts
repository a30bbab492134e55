/** NAL units of H.264 in Annex-B byte streams (ITU-T H.264 §7.3.1, table 7-1, annex B). */
export const NalType = {
  Slice: 1,
  PartitionA: 2,
  PartitionB: 3,
  PartitionC: 4,
  Idr: 5,
  Sei: 6,
  Sps: 7,
  Pps: 8,
  AccessUnitDelimiter: 9,
  EndOfSequence: 10,
  EndOfStream: 11,
  Filler: 12,
} as const;

/** Type of a NAL unit by its first byte. */
export const nalType = (firstByte: number): number => firstByte & 0x1f;

/**
 * Offset of the next start code's 00 00 01 at or after `from`, or bytes.length.
 *
 * Looks at every third byte: a byte above 1 cannot be part of a start code, so the two before it need no look.
 */
export function findStartCode(bytes: Uint8Array, from: number): number {
  const length = bytes.length;
  let at = from + 2;
  while (at < length) {
    const byte = bytes[at]!;
    if (byte > 1) at += 3;
    else if (byte === 0) at += 1;
    else if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2;
    else at += 3;
  }
  return length;
}

/**
 * Calls `visit(start, end)` for each NAL unit: bytes [start, end) without start code and without the zero bytes that
 * may follow it. Bytes before the first start code and empty NAL units are skipped. Nothing is allocated.
 */
export function forEachNal(annexB: Uint8Array, visit: (start: number, end: number) => void): void {
  let code = findStartCode(annexB, 0);
  while (code < annexB.length) {
    const start = code + 3;
    code = findStartCode(annexB, start);
    let end = code;
    // A NAL unit never ends in 00 (§7.4.1); the zeros belong to the next start code or are trailing.
    while (end > start && annexB[end - 1] === 0) end -= 1;
    if (end > start) visit(start, end);
  }
}

/** Types of the NAL units, in order. */
export function nalTypes(annexB: Uint8Array): number[] {
  const types: number[] = [];
  forEachNal(annexB, (start) => types.push(nalType(annexB[start]!)));
  return types;
}

/** True when the access unit's picture is an IDR: stops at its first slice, so it costs a few bytes' look. */
export function isIdr(accessUnit: Uint8Array): boolean {
  let at = findStartCode(accessUnit, 0) + 3;
  while (at < accessUnit.length) {
    const type = nalType(accessUnit[at]!);
    if (type === NalType.Idr) return true;
    if (type >= NalType.Slice && type <= NalType.PartitionC) return false;
    at = findStartCode(accessUnit, at) + 3;
  }
  return false;
}
