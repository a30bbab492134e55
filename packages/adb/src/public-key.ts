import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AdbError } from './errors.js';

const MODULUS_SIZE = 256;
/** Bytes of Android's key struct: word count, n0inv, modulus, R² mod n, exponent. */
export const ANDROID_PUBKEY_SIZE = 4 + 4 + MODULUS_SIZE + MODULUS_SIZE + 4;

/**
 * The RSA-2048 public key as adbd stores it, little-endian
 * (AOSP system/core libcrypto_utils/android_pubkey.cpp, struct RSAPublicKey).
 * @throws AdbError ADB_KEY when it is no RSA key of 2048 bits
 */
export function androidPublicKey(key: KeyObject): Uint8Array {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const modulus = Buffer.from(jwk.n ?? '', 'base64url');
  const exponent = Buffer.from(jwk.e ?? '', 'base64url');
  if (jwk.kty !== 'RSA' || modulus.length !== MODULUS_SIZE)
    throw new AdbError('ADB_KEY', 'the key is no RSA key of 2048 bits; adbd knows no other');
  const n = BigInt(`0x${modulus.toString('hex')}`);
  const out = Buffer.alloc(ANDROID_PUBKEY_SIZE);
  out.writeUInt32LE(MODULUS_SIZE / 4, 0);
  out.writeUInt32LE(negatedInverse(Number(n & 0xffff_ffffn)), 4);
  out.set(modulus.toReversed(), 8);
  const rr = (1n << 4096n) % n;
  const rrBytes = Buffer.from(rr.toString(16).padStart(MODULUS_SIZE * 2, '0'), 'hex');
  out.set(rrBytes.toReversed(), 8 + MODULUS_SIZE);
  out.writeUInt32LE(exponent.readUIntBE(0, exponent.length), 8 + 2 * MODULUS_SIZE);
  return out;
}

/** −1/n mod 2^32 for odd n: Newton's iteration doubles the right bits each round, from 3 to 48. */
function negatedInverse(n: number): number {
  let x = n;
  for (let round = 0; round < 4; round += 1) x = Math.imul(x, 2 - Math.imul(n, x));
  return -x >>> 0;
}

/** One line of /data/misc/adb/adb_keys (mode 0640, owner system:shell): base64 struct, blank, name. */
export function publicKeyLine(key: KeyObject, name: string): string {
  return `${Buffer.from(androidPublicKey(key)).toString('base64')} ${name}`;
}

/** MD5 of the key struct in colon hex, as Android's "Allow USB debugging?" dialog shows it. */
export function publicKeyFingerprint(key: KeyObject): string {
  const hex = createHash('md5').update(androidPublicKey(key)).digest('hex').toUpperCase();
  return hex.match(/../g)!.join(':');
}
