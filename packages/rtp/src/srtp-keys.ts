import { createCipheriv } from 'node:crypto';
import { RtpError } from './errors.js';

/** Bytes of an AEAD's salt (RFC 7714 §12), master and session. */
const SALT_SIZE = 12;

/** The suites of RFC 7714 that are spoken here, by the bytes of their keys. */
const KEY_SIZES = { AEAD_AES_128_GCM: 16, AEAD_AES_256_GCM: 32 } as const;

export type SrtpSuite = keyof typeof KEY_SIZES;

/** What both ends of a stream share. A secret: never to be logged, written down or used for two senders. */
export interface SrtpMaster {
  readonly suite: SrtpSuite;
  /** Master key, then master salt, as SDP's `inline:` has them (RFC 4568 §6.1). */
  readonly key: Uint8Array;
}

/** What packets of one kind are encrypted by. */
export interface SrtpSessionKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

export interface SrtpSessionKeys {
  readonly rtp: SrtpSessionKey;
  readonly rtcp: SrtpSessionKey;
}

/** Whether what is encrypted by one can be read by the other; both plain counts too. */
export function sameSrtp(a: SrtpMaster | undefined, b: SrtpMaster | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.suite === b.suite && Buffer.compare(a.key, b.key) === 0;
}

/** True for the name of a suite that is spoken here. */
export function isSrtpSuite(name: string): name is SrtpSuite {
  return Object.hasOwn(KEY_SIZES, name);
}

/** Bytes of a master key with its salt. */
export function srtpMasterSize(suite: SrtpSuite): number {
  return KEY_SIZES[suite] + SALT_SIZE;
}

/** Session keys of both kinds, derived once (RFC 3711 §4.3, key_derivation_rate 0). @throws RtpError RTP_VALUE for a key of another length. */
export function srtpSessionKeys({ suite, key: master }: SrtpMaster): SrtpSessionKeys {
  const size = KEY_SIZES[suite];
  // The length is said and the key is not.
  if (master.length !== srtpMasterSize(suite))
    throw new RtpError(
      'RTP_VALUE',
      `a master key of ${master.length} bytes; ${suite} has ${srtpMasterSize(suite)} with its salt`,
    );
  const [key, salt] = [master.subarray(0, size), master.subarray(size)];
  // Labels: RFC 3711 §4.3.2. 1 and 4 are of authentication keys, which an AEAD has none of.
  const of = (keyLabel: number, saltLabel: number): SrtpSessionKey => ({
    key: deriveSrtpKey(key, salt, keyLabel, size),
    salt: deriveSrtpKey(key, salt, saltLabel, SALT_SIZE),
  });
  return { rtp: of(0, 2), rtcp: of(3, 5) };
}

/**
 * One key (RFC 3711 §4.3.1 and §4.3.3): AES in counter mode over zeros, from the salt with the label in its byte 7. An AEAD's salt of
 * 96 bits is followed by zeros to the 112 of the function (RFC 7714 §11).
 */
export function deriveSrtpKey(
  masterKey: Uint8Array,
  masterSalt: Uint8Array,
  label: number,
  size: number,
): Uint8Array {
  const counter = new Uint8Array(16);
  counter.set(masterSalt);
  counter[7]! ^= label;
  return createCipheriv(`aes-${masterKey.length * 8}-ctr`, masterKey, counter).update(new Uint8Array(size));
}
