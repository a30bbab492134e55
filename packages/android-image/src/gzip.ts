import { crc32 } from 'node:zlib';
import { ImageError } from './errors.js';
import { inflate } from './inflate.js';
import type { StreamReader } from './stream-reader.js';

const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;

/**
 * One gzip member (RFC 1952), its CRC-32 and length verified. The reader stands behind the member's last byte afterwards,
 * so that whatever follows (another member, padding, another format) is the caller's to judge.
 */
export async function* gzipMember(reader: StreamReader): AsyncGenerator<Uint8Array> {
  await header(reader);
  let sum = 0;
  let size = 0;
  for await (const bytes of inflate(reader, 'gzip')) {
    sum = crc32(bytes, sum);
    size += bytes.length;
    yield bytes;
  }
  const offset = reader.offset;
  const trailer = Buffer.from(await reader.take(8, 'the checksum'));
  if (trailer.readUInt32LE(0) !== sum) refuse('the checksum is wrong', offset);
  if (trailer.readUInt32LE(4) !== size % 2 ** 32) refuse('the length is wrong', offset);
}

async function header(reader: StreamReader): Promise<void> {
  const offset = reader.offset;
  const fixed = await reader.take(10, 'the header');
  if (fixed[0] !== 0x1f || fixed[1] !== 0x8b || fixed[2] !== 8) refuse('no gzip header', offset);
  const flags = fixed[3]!;
  if ((flags & 0xe0) !== 0) refuse('reserved flags are set', offset);
  if ((flags & FEXTRA) !== 0) {
    const length = await reader.take(2, 'the header');
    await reader.skip(length[0]! | (length[1]! << 8), 'the header');
  }
  for (const flag of [FNAME, FCOMMENT]) {
    if ((flags & flag) === 0) continue;
    for (let i = 0; (await reader.take(1, 'the header'))[0] !== 0; i += 1)
      if (i > 65536) refuse('a name without an end', offset);
  }
  if ((flags & FHCRC) !== 0) await reader.skip(2, 'the header');
}

function refuse(what: string, offset: number): never {
  throw new ImageError('malformed', 'gzip', what, { offset });
}
