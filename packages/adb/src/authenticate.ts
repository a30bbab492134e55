import { createPrivateKey, privateEncrypt, constants } from 'node:crypto';
import { AdbAuthType, AdbCommand, AdbPublicKeyAuthenticator } from '@yume-chan/adb';
import type { AdbAuthenticator, AdbPacketData } from '@yume-chan/adb';
import { AdbError } from './errors.js';

/** DER of DigestInfo{SHA-1, 20 bytes} (RFC 8017 §9.2): adbd's token stands for the digest. */
const SHA1_DIGEST_INFO = Buffer.from('3021300906052b0e03021a05000414', 'hex');
const TOKEN_SIZE = 20;

/** PKCS #1 v1.5 signature over adbd's token as if it were a SHA-1 digest (AOSP adb/client/auth.cpp). */
export function signToken(pkcs8Der: Uint8Array, token: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(pkcs8Der), format: 'der', type: 'pkcs8' });
  return privateEncrypt(
    { key, padding: constants.RSA_PKCS1_PADDING },
    Buffer.concat([SHA1_DIGEST_INFO, token]),
  );
}

/** Signs with OpenSSL: the library's own BigInt arithmetic blocks the event loop for tens of ms. */
const signWithKeys: AdbAuthenticator = async function* (store, nextRequest): AsyncGenerator<AdbPacketData> {
  for await (const key of store.iterateKeys()) {
    const request = await nextRequest();
    if (request.arg0 !== AdbAuthType.Token) return;
    if (request.payload.length !== TOKEN_SIZE)
      throw new AdbError('ADB_PROTOCOL', `adbd's token has ${request.payload.length} bytes instead of 20`);
    yield {
      command: AdbCommand.Auth,
      arg0: AdbAuthType.Signature,
      arg1: 0,
      payload: signToken(key.buffer, request.payload),
    };
  }
};

/** Ends the handshake when no key was accepted, instead of leaving the phone waiting for somebody's consent. */
// oxlint-disable-next-line require-yield -- an authenticator is a generator; this one has nothing to send
const giveUp: AdbAuthenticator = async function* (_store, nextRequest): AsyncGenerator<AdbPacketData> {
  await nextRequest();
  throw new AdbError('ADB_UNAUTHORIZED', 'adbd accepts none of our keys');
};

/**
 * Our keys' signatures, then either the end (default) or an offer of the public key, which makes a real phone ask
 * its user and answers only when he agrees.
 */
export function authenticators(offerPublicKey: boolean): readonly AdbAuthenticator[] {
  return [signWithKeys, offerPublicKey ? AdbPublicKeyAuthenticator : giveUp];
}
