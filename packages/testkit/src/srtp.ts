import { createCipheriv, createDecipheriv } from 'node:crypto';

const SALT_SIZE = 12;
const TAG_SIZE = 16;

/**
 * What is in an SRTP packet of AEAD_AES_128_GCM or AEAD_AES_256_GCM (RFC 7714), by a master key with its salt. Written apart from
 * `@ancloud/rtp`, so that neither is wrong as the other is. `rollovers`: how often its sequence numbers have wrapped. Throws when its
 * tag is of another key or another count.
 */
export function openSrtp(packet: Buffer, master: Uint8Array, rollovers = 0): Buffer {
  const header = headerSize(packet);
  const iv = Buffer.alloc(SALT_SIZE);
  packet.copy(iv, 2, 8, 12);
  iv.writeUInt32BE(rollovers, 6);
  packet.copy(iv, 10, 2, 4);
  const end = packet.length - TAG_SIZE;
  return open(packet.subarray(header, end), {
    key: derived(master, 0, master.length - SALT_SIZE),
    iv: added(iv, derived(master, 2, SALT_SIZE)),
    aad: packet.subarray(0, header),
    tag: packet.subarray(end),
  });
}

/** As `openSrtp`, of an SRTCP packet: all of it as it was, and its index. Throws when it says that it is not encrypted. */
export function openSrtcp(
  packet: Buffer,
  master: Uint8Array,
): { readonly rtcp: Buffer; readonly index: number } {
  const trailer = packet.subarray(-4);
  if ((trailer.readUInt32BE(0) & 0x8000_0000) === 0) throw new Error('an SRTCP packet that is not encrypted');
  const index = trailer.readUInt32BE(0) & 0x7fff_ffff;
  const iv = Buffer.alloc(SALT_SIZE);
  packet.copy(iv, 2, 4, 8);
  iv.writeUInt32BE(index, 8);
  const end = packet.length - TAG_SIZE - 4;
  const plain = open(packet.subarray(8, end), {
    key: derived(master, 3, master.length - SALT_SIZE),
    iv: added(iv, derived(master, 5, SALT_SIZE)),
    aad: Buffer.concat([packet.subarray(0, 8), trailer]),
    tag: packet.subarray(end, end + TAG_SIZE),
  });
  return { rtcp: Buffer.concat([packet.subarray(0, 8), plain]), index };
}

interface Sealed {
  readonly key: Buffer;
  readonly iv: Uint8Array;
  readonly aad: Buffer;
  readonly tag: Buffer;
}

function open(bytes: Buffer, { key, iv, aad, tag }: Sealed): Buffer {
  const decipher = createDecipheriv(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, iv);
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(bytes), decipher.final()]);
}

/** RFC 3711, section 4.3. */
function derived(master: Uint8Array, label: number, length: number): Buffer {
  const size = master.length - SALT_SIZE;
  const iv = Buffer.concat([master.subarray(size), Buffer.alloc(4)]);
  iv[7] = (iv[7] ?? 0) ^ label;
  return createCipheriv(`aes-${size * 8}-ctr`, master.subarray(0, size), iv).update(Buffer.alloc(length));
}

const added = (a: Buffer, b: Buffer): Uint8Array => a.map((byte, i) => byte ^ (b[i] ?? 0));

/** RFC 3550, section 5.1: sources, and the extension. */
function headerSize(packet: Buffer): number {
  const first = packet[0] ?? 0;
  const fixed = 12 + 4 * (first & 0x0f);
  return (first & 0x10) === 0 ? fixed : fixed + 4 + 4 * packet.readUInt16BE(fixed + 2);
}
