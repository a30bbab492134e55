import koffi from 'koffi';
import { type Aead, AEAD_AAD_SIZE, AEAD_NONCE_SIZE, AEAD_TAG_SIZE, type AeadOf } from './aead.js';
import { cipherError, hasRoom, nodeAead } from './aead.js';

/** EVP_CTRL_AEAD_GET_TAG; include/openssl/evp.h. */
const GET_TAG = 0x10;

/** Where in an aead's own memory lie: what goes in beside a packet, and the `int` that OpenSSL answers a length in. */
const AAD_AT = AEAD_NONCE_SIZE;
const LENGTH_AT = AAD_AT + AEAD_AAD_SIZE;

/** What of OpenSSL is called. */
export type OpenSsl = ReturnType<typeof openssl>;

/**
 * The functions of the library at `path`, null = of this process: as Node's binary exports them, or of the libcrypto that it is linked to.
 * Throws where one is missing. Most pointers are numbers: koffi asks of a Uint8Array in each call what it is, which costs as much as encrypting
 * does, and a part of one would be an object more. So each address has an owner below, who holds its memory.
 */
export function openssl(path: string | null) {
  const crypto = koffi.load(path);
  return {
    newContext: crypto.func('uintptr_t EVP_CIPHER_CTX_new()'),
    freeContext: crypto.func('void EVP_CIPHER_CTX_free(uintptr_t context)'),
    aes128: crypto.func('uintptr_t EVP_aes_128_gcm()'),
    aes256: crypto.func('uintptr_t EVP_aes_256_gcm()'),
    setKey: crypto.func(
      'int EVP_EncryptInit_ex(uintptr_t context, uintptr_t cipher, uintptr_t engine, const void *key, uintptr_t nonce)',
    ),
    setNonce: crypto.func(
      'int EVP_EncryptInit_ex(uintptr_t context, uintptr_t cipher, uintptr_t engine, uintptr_t key, uintptr_t nonce)',
    ),
    update: crypto.func(
      'int EVP_EncryptUpdate(uintptr_t context, uintptr_t to, uintptr_t length, uintptr_t from, int size)',
    ),
    final: crypto.func('int EVP_EncryptFinal_ex(uintptr_t context, uintptr_t to, uintptr_t length)'),
    control: crypto.func('int EVP_CIPHER_CTX_ctrl(uintptr_t context, int what, int size, uintptr_t to)'),
    clearErrors: crypto.func('void ERR_clear_error()'),
  };
}

let best: AeadOf | undefined;
/**
 * By OpenSSL's own functions: a context for each key, which each packet gives another nonce. This file alone knows koffi. Where this
 * process has no such functions, `nodeAead`.
 */
export const opensslAead: AeadOf = (key) => (best ??= opensslAeadOf(null))(key);

/** As `opensslAead`, by the library at `path`. */
export function opensslAeadOf(path: string | null): AeadOf {
  try {
    return aeadBy(openssl(path));
  } catch {
    // koffi: no such library, or not all of them in it.
    return nodeAead;
  }
}

/** By these functions when they encrypt as node:crypto does, else by that. */
export function aeadBy(functions: OpenSsl): AeadOf {
  const aeadOf: AeadOf = (key) => new OpenSslAead(functions, key);
  try {
    const alike = [16, 32].every(
      (size) => Buffer.compare(sample(aeadOf, size), sample(nodeAead, size)) === 0,
    );
    return alike ? aeadOf : nodeAead;
  } catch {
    return nodeAead;
  }
}

/** Two packets: that a context goes on is what this is about. */
function sample(aeadOf: AeadOf, keySize: number): Uint8Array {
  const bytes = new Uint8Array(200);
  const aead = aeadOf(new Uint8Array(keySize).fill(1));
  try {
    const aad = new Uint8Array(AEAD_AAD_SIZE).fill(2);
    for (const at of [3, 100]) aead.seal(new Uint8Array(AEAD_NONCE_SIZE).fill(at), aad, bytes, at, at + 71);
    return bytes;
  } finally {
    aead.close();
  }
}

class OpenSslAead implements Aead {
  readonly #openssl: OpenSsl;
  /** Owned; 0 = closed. */
  #context: number;
  readonly #own = new Uint8Array(LENGTH_AT + 4);
  readonly #length = new Int32Array(this.#own.buffer, LENGTH_AT, 1);
  readonly #ownAt = addressOf(this.#own);
  /** The packets' memory and where it is: the same slab from packet to packet. */
  #bytes: Uint8Array | undefined;
  #bytesAt = 0;

  constructor(functions: OpenSsl, key: Uint8Array) {
    this.#openssl = functions;
    // As many bytes as the cipher says are read of it.
    if (key.length !== 16 && key.length !== 32) throw cipherError(`a key of ${key.length} bytes`);
    this.#context = functions.newContext() as number;
    if (this.#context === 0) throw this.#failed('EVP_CIPHER_CTX_new');
    const cipher = (key.length === 16 ? functions.aes128() : functions.aes256()) as number;
    if (functions.setKey(this.#context, cipher, 0, key, 0) === 1) return;
    this.close();
    throw this.#failed('EVP_EncryptInit_ex');
  }

  seal(nonce: Uint8Array, aad: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    const context = this.#context;
    if (context === 0) throw cipherError('closed');
    if (!hasRoom(bytes, start, end)) throw cipherError(`no room for a tag at ${end} of ${bytes.length}`);
    if (bytes !== this.#bytes) {
      this.#bytesAt = addressOf(bytes);
      this.#bytes = bytes;
    }
    const own = this.#own;
    for (let i = 0; i < AEAD_NONCE_SIZE; i += 1) own[i] = nonce[i]!;
    for (let i = 0; i < AEAD_AAD_SIZE; i += 1) own[AAD_AT + i] = aad[i]!;
    const { setNonce, update, final, control } = this.#openssl;
    const ownAt = this.#ownAt;
    const lengthAt = ownAt + LENGTH_AT;
    const at = this.#bytesAt + start;
    const size = end - start;
    const tagAt = at + size;
    if (setNonce(context, 0, 0, 0, ownAt) !== 1) throw this.#failed('EVP_EncryptInit_ex');
    if (update(context, 0, lengthAt, ownAt + AAD_AT, AEAD_AAD_SIZE) !== 1)
      throw this.#failed('EVP_EncryptUpdate');
    if (update(context, at, lengthAt, at, size) !== 1 || this.#length[0] !== size)
      throw this.#failed('EVP_EncryptUpdate');
    // GCM has written all by now.
    if (final(context, tagAt, lengthAt) !== 1) throw this.#failed('EVP_EncryptFinal_ex');
    if (control(context, GET_TAG, AEAD_TAG_SIZE, tagAt) !== 1) throw this.#failed('EVP_CIPHER_CTX_ctrl');
    return end + AEAD_TAG_SIZE;
  }

  close(): void {
    // OpenSSL writes zeros over the key in it.
    if (this.#context !== 0) this.#openssl.freeContext(this.#context);
    this.#context = 0;
    this.#bytes = undefined;
  }

  #failed(call: string): Error {
    // What it says of it waits in a queue of this thread, where node:crypto would find it.
    this.#openssl.clearErrors();
    return cipherError(`OpenSSL refused ${call}`);
  }
}

/** Where `bytes` begin. They stay there for as long as they are held, and when their memory is given away their length is 0. */
function addressOf(bytes: Uint8Array): number {
  // V8 keeps small ones within its heap, where they are moved about, until somebody asks for their buffer.
  if (bytes.buffer.byteLength === 0) return 0;
  const address = Number(koffi.address(bytes));
  if (Number.isSafeInteger(address)) return address;
  throw cipherError('an address beyond 53 bits');
}
