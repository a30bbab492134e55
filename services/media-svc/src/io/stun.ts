import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { crc32 } from 'node:zlib';

/** What a self-test and a push say of STUN (RFC 8489 §18.1) and TURN (RFC 8656 §17). */
export const method = {
  binding: 0x001,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
} as const;

/** Types of attributes (RFC 8489 §18.3, RFC 8656 §18, RFC 8445 §16.1). */
export const attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlling: 0x802a,
} as const;

const KINDS = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 } as const;
const COOKIE = 0x2112a442;
const HEADER = 20;
const FINGERPRINT_XOR = 0x5354554e;
/** Attributes of the two that are computed over what stands before them, with their headers. */
const INTEGRITY_SIZE = 24;
const FINGERPRINT_SIZE = 8;

export type StunKind = keyof typeof KINDS;

export interface StunAttribute {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface StunMessage {
  readonly kind: StunKind;
  /** One of `method`. */
  readonly method: number;
  /** 12 bytes. */
  readonly transaction: Uint8Array;
  readonly attributes: readonly StunAttribute[];
}

export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

/** The message's bytes, always with FINGERPRINT; with MESSAGE-INTEGRITY when there is a key. */
export function writeStun(message: StunMessage, key?: Uint8Array): Buffer {
  const parts: Buffer[] = [Buffer.alloc(HEADER)];
  let length = 0;
  const add = (type: number, value: Uint8Array): void => {
    const padded = (value.length + 3) & ~3;
    const bytes = Buffer.alloc(4 + padded);
    bytes.writeUInt16BE(type, 0);
    bytes.writeUInt16BE(value.length, 2);
    bytes.set(value, 4);
    parts.push(bytes);
    length += bytes.length;
  };
  /** What stands so far, with the length that the header has once the computed attribute is there (RFC 8489 §14.5, §14.7). */
  const before = (size: number): Buffer => {
    const [header] = parts as [Buffer];
    header.writeUInt16BE(KINDS[message.kind] | message.method, 0);
    header.writeUInt16BE(length + size, 2);
    header.writeUInt32BE(COOKIE, 4);
    header.set(message.transaction, 8);
    return Buffer.concat(parts);
  };
  for (const { type, value } of message.attributes) add(type, value);
  if (key !== undefined)
    add(attribute.messageIntegrity, createHmac('sha1', key).update(before(INTEGRITY_SIZE)).digest());
  add(attribute.fingerprint, u32((crc32(before(FINGERPRINT_SIZE)) ^ FINGERPRINT_XOR) >>> 0));
  return before(0);
}

/** Bytes of the STUN message that begins here, without looking at them all; undefined when none does, or too few are there to tell. */
export function stunLength(bytes: Buffer): number | undefined {
  if (bytes.length < HEADER || (bytes[0] ?? 0) > 3 || bytes.readUInt32BE(4) !== COOKIE) return undefined;
  return HEADER + bytes.readUInt16BE(2);
}

/** Undefined for what is no STUN message. Integrity (`hasIntegrity`) and fingerprint are not checked: whoever asks knows the answer by its transaction. */
export function readStun(bytes: Buffer): StunMessage | undefined {
  const length = stunLength(bytes);
  if (length === undefined || length !== bytes.length || length % 4 !== 0) return undefined;
  const type = bytes.readUInt16BE(0);
  const kind = (Object.keys(KINDS) as StunKind[]).find((one) => KINDS[one] === (type & 0x110));
  if (kind === undefined) return undefined;
  const attributes: StunAttribute[] = [];
  for (let at = HEADER; at < length;) {
    if (at + 4 > length) return undefined;
    const size = bytes.readUInt16BE(at + 2);
    const end = at + 4 + size;
    if (end > length) return undefined;
    attributes.push({ type: bytes.readUInt16BE(at), value: bytes.subarray(at + 4, end) });
    at = (end + 3) & ~3;
  }
  return { kind, method: type & ~0x110, transaction: bytes.subarray(8, HEADER), attributes };
}

/** Whether a message that `readStun` has read was made by somebody who knows `key` (RFC 8489 §14.5). */
export function hasIntegrity(bytes: Buffer, key: Uint8Array): boolean {
  for (let at = HEADER; at + 4 <= bytes.length; at += 4 + ((bytes.readUInt16BE(at + 2) + 3) & ~3)) {
    if (bytes.readUInt16BE(at) !== attribute.messageIntegrity) continue;
    if (bytes.readUInt16BE(at + 2) !== INTEGRITY_SIZE - 4) return false;
    const before = Buffer.from(bytes.subarray(0, at));
    before.writeUInt16BE(at - HEADER + INTEGRITY_SIZE, 2);
    const wanted = createHmac('sha1', key).update(before).digest();
    const got = bytes.subarray(at + 4, at + INTEGRITY_SIZE);
    return got.length === wanted.length && timingSafeEqual(got, wanted);
  }
  return false;
}

export function valueOf(message: StunMessage, type: number): Buffer | undefined {
  const value = message.attributes.find((one) => one.type === type)?.value;
  return value === undefined ? undefined : Buffer.from(value);
}

/** An ERROR-CODE (RFC 8489 §14.8): 400 to 699 and its phrase. */
export function errorOf(
  message: StunMessage,
): { readonly code: number; readonly reason: string } | undefined {
  const value = valueOf(message, attribute.errorCode);
  if (value === undefined || value.length < 4) return undefined;
  return {
    code: (value.readUInt8(2) & 7) * 100 + value.readUInt8(3),
    reason: value.subarray(4).toString('utf8'),
  };
}

/** An address as XOR-MAPPED-ADDRESS and its like have it (RFC 8489 §14.2). `address` is IPv4 or IPv6, without brackets. */
export function xorAddress({ address, port }: StunAddress, transaction: Uint8Array): Buffer {
  const v4 = isIP(address) === 4;
  const plain = v4 ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  const head = Buffer.from([0, v4 ? 1 : 2, 0, 0]);
  head.writeUInt16BE(port ^ (COOKIE >>> 16), 2);
  return Buffer.concat([head, masked(plain, transaction)]);
}

/** Undefined for what is no such address. */
export function readXorAddress(value: Uint8Array, transaction: Uint8Array): StunAddress | undefined {
  const bytes = Buffer.from(value);
  if (bytes.length !== (bytes[1] === 1 ? 8 : 20)) return undefined;
  const port = bytes.readUInt16BE(2) ^ (COOKIE >>> 16);
  const plain = masked(bytes.subarray(4), transaction);
  if (plain.length === 4) return { address: plain.join('.'), port };
  const groups = Array.from({ length: 8 }, (_, index) => plain.readUInt16BE(index * 2).toString(16));
  return { address: groups.join(':'), port };
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function masked(bytes: Uint8Array, transaction: Uint8Array): Buffer {
  const mask = Buffer.concat([u32(COOKIE), transaction]);
  return Buffer.from(bytes.map((byte, index) => byte ^ (mask[index] ?? 0)));
}

function ipv6Bytes(address: string): Buffer {
  const [left = '', right] = address.split('::');
  const groups = (text: string | undefined): string[] =>
    text === undefined || text === '' ? [] : text.split(':');
  const head = groups(left);
  const tail = groups(right);
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const bytes = Buffer.alloc(16);
  [...head, ...zeros, ...tail].forEach((group, index) => bytes.writeUInt16BE(parseInt(group, 16), index * 2));
  return bytes;
}
