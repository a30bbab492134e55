/** Big-endian, one after the other. */
export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value, i * 4));
  return bytes;
}

/** A box of ISO BMFF (ISO/IEC 14496-12 §4.2). */
export function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type), body]);
}

/** What a track's `trak` says of its number and its clock, and no more. */
export function track(id: number, timescale: number): Buffer {
  return box('trak', box('tkhd', u32(3, 0, 0, id, 0)), box('mdia', box('mdhd', u32(0, 0, 0, timescale, 0))));
}
