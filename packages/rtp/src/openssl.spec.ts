import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AeadOf, nodeAead } from './aead.js';
import { aeadBy, openssl, opensslAead, opensslAeadOf, type OpenSsl } from './openssl.js';

const NONCE = new Uint8Array(12).fill(1);
const AAD = new Uint8Array(12).fill(2);
const REFUSED = expect.objectContaining({ code: 'RTP_CIPHER' });

/** Packets of these sizes, one after the other in one buffer, which differ in nonce and in what they hold. */
function sealed(aeadOf: AeadOf, key: Uint8Array, sizes: readonly number[]): string {
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size + 16, 0)).map((_, i) => i);
  const aead = aeadOf(key);
  let at = 0;
  for (const size of sizes) {
    NONCE[11]! += 1;
    at = aead.seal(NONCE, AAD, bytes, at, at + size);
  }
  aead.close();
  NONCE[11] = 1;
  return Buffer.from(bytes).toString('hex');
}

/** As this process has them, with what is called counted. */
function counted(): OpenSsl & { readonly open: () => number } {
  let open = 0;
  const functions = openssl(null);
  return Object.assign(functions, {
    newContext: after(functions.newContext, () => (open += 1)),
    freeContext: after(functions.freeContext, () => (open -= 1)),
    open: () => open,
  });
}

function after(call: OpenSsl['final'], then: () => void): OpenSsl['final'] {
  return Object.assign((...args: unknown[]): unknown => {
    then();
    return call(...args);
  }, call);
}

describe('OpenSSL’s functions', () => {
  it('are those of this process', () => {
    expect(opensslAeadOf(null)).not.toBe(nodeAead);
  });

  it.each([16, 32])('encrypt as node:crypto does, by a key of %i bytes', (size) => {
    const key = randomBytes(size);
    const sizes = [0, 1, 15, 16, 17, 300, 1_200, 65_000];
    expect(sealed(opensslAead, key, sizes)).toBe(sealed(nodeAead, key, sizes));
  });

  it('find the packets of several buffers, in turn', () => {
    const key = randomBytes(32);
    const [ours, theirs] = [opensslAead(key), nodeAead(key)];
    // Small ones lie in V8's heap at first.
    const buffers = [20, 40, 4_000].map((size) => new Uint8Array(size));
    for (let turn = 0; turn < 3; turn += 1)
      for (const bytes of buffers) {
        const expected = bytes.slice();
        theirs.seal(NONCE, AAD, expected, 1, bytes.length - 16);
        expect(ours.seal(NONCE, AAD, bytes, 1, bytes.length - 16)).toBe(bytes.length);
        expect(bytes).toEqual(expected);
      }
    ours.close();
    theirs.close();
  });

  it.each([
    ['a library that has none of them', 'libm.so.6'],
    ['a library that is not there', 'libancloud-none.so'],
  ])('are left for node:crypto in %s', (_, path) => {
    expect(opensslAeadOf(path)).toBe(nodeAead);
  });

  it.each(['setKey', 'setNonce', 'update', 'final', 'control'] as const)(
    'are left for node:crypto when %s does nothing',
    (name) => {
      const functions = counted();
      expect(aeadBy(Object.assign(functions, { [name]: () => 1 }))).toBe(nodeAead);
      expect(functions.open()).toBe(0);
    },
  );

  it.each([
    ['setNonce', 'EVP_EncryptInit_ex'],
    ['update', 'EVP_EncryptUpdate'],
    ['final', 'EVP_EncryptFinal_ex'],
    ['control', 'EVP_CIPHER_CTX_ctrl'],
  ])('are believed when %s refuses: there is no packet then', (name, call) => {
    const functions = counted();
    const aead = aeadBy(functions)(randomBytes(32));
    const bytes = new Uint8Array(100);
    Object.assign(functions, { [name]: () => 0 });
    expect(() => aead.seal(NONCE, AAD, bytes, 0, 50)).toThrow(REFUSED);
    expect(() => aead.seal(NONCE, AAD, bytes, 0, 50)).toThrow(call);
    aead.close();
    expect(functions.open()).toBe(0);
  });

  it('are believed when they took less than they were given', () => {
    const functions = counted();
    const aead = aeadBy(functions)(randomBytes(32));
    const { update } = functions;
    Object.assign(functions, {
      update: (...args: number[]) => update(...args.slice(0, 4), Math.min(args[4] ?? 0, 12)) as number,
    });
    expect(() => aead.seal(NONCE, AAD, new Uint8Array(100), 0, 50)).toThrow(REFUSED);
    aead.close();
  });

  it('take no key of another length, and leave no context behind', () => {
    const functions = counted();
    const aeadOf = aeadBy(functions);
    expect(() => aeadOf(randomBytes(31))).toThrow('a key of 31 bytes');
    Object.assign(functions, { setKey: () => 0 });
    expect(() => aeadOf(randomBytes(32))).toThrow('EVP_EncryptInit_ex');
    expect(functions.open()).toBe(0);
  });

  it('have one context for each key, until it is closed', () => {
    const functions = counted();
    const aeads = [16, 32].map((size) => aeadBy(functions)(randomBytes(size)));
    expect(functions.open()).toBe(2);
    for (const aead of [...aeads, ...aeads]) aead.close();
    expect(functions.open()).toBe(0);
    expect(() => aeads[0]?.seal(NONCE, AAD, new Uint8Array(100), 0, 50)).toThrow('closed');
  });
});
