/** The file of native/pace.h: a head, then frames of one or more parts, `intervalUs` apart. */
export function paced(
  intervalUs: number,
  head: Uint8Array,
  frames: readonly (readonly Uint8Array[])[],
): Uint8Array {
  const sized = (bytes: Uint8Array): Uint8Array[] => [u32(bytes.length), bytes];
  return Buffer.concat([
    u32(intervalUs),
    ...sized(head),
    ...frames.flatMap((parts) => [u32(parts.length), ...parts.flatMap(sized)]),
  ]);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
