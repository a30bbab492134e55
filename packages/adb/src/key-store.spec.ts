import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { adbGeneratePublicKey } from '@yume-chan/adb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { androidPublicKey, openKeyStore } from './index.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'ancloud-adb-key-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('openKeyStore', () => {
  it('makes one key, whoever comes first, readable by its owner alone', async () => {
    const file = path.join(dir, 'sub', 'adbkey');
    const stores = await Promise.all([1, 2, 3].map(() => openKeyStore({ file })));
    expect(new Set(stores.map((store) => store.publicKeyLine)).size).toBe(1);
    expect((await openKeyStore({ file })).fingerprint).toBe(stores[0]!.fingerprint);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    expect(await readdir(path.dirname(file))).toEqual(['adbkey']);
    expect(await readFile(file, 'utf8')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
  });

  it('gives the line that adb_keys wants, and the fingerprint that Android shows', async () => {
    const file = path.join(dir, 'line');
    const store = await openKeyStore({ file });
    const [base64, name] = store.publicKeyLine.split(' ');
    expect(name).toBe('ancloud@host');
    const blob = Buffer.from(base64!, 'base64');
    expect(blob.length).toBe(524);
    const md5 = createHash('md5').update(blob).digest('hex').toUpperCase();
    expect(store.fingerprint.replaceAll(':', '')).toBe(md5);
    // Field by field: 64 words; n0inv · n ≡ −1 mod 2^32; n; 2^4096 mod n; 65537.
    const jwk = createPublicKey(createPrivateKey(await readFile(file))).export({ format: 'jwk' });
    const n = BigInt(`0x${Buffer.from(jwk.n!, 'base64url').toString('hex')}`);
    const little = (from: number): bigint =>
      BigInt(`0x${Buffer.from(blob.subarray(from, from + 256).toReversed()).toString('hex')}`);
    expect(blob.readUInt32LE(0)).toBe(64);
    expect((BigInt(blob.readUInt32LE(4)) * n + 1n) % 2n ** 32n).toBe(0n);
    expect(little(8)).toBe(n);
    expect(little(264)).toBe(2n ** 4096n % n);
    expect(blob.readUInt32LE(520)).toBe(65_537);
  });

  it('agrees with the library’s own struct for several keys', async () => {
    for (let i = 0; i < 4; i += 1) {
      const file = path.join(dir, `agree${i}`);
      await openKeyStore({ file });
      const key = createPrivateKey(await readFile(file));
      const der = key.export({ type: 'pkcs8', format: 'der' });
      expect(Buffer.from(androidPublicKey(key))).toEqual(Buffer.from(adbGeneratePublicKey(der)));
    }
  });

  it('refuses a key that others may read, and a file that is none', async () => {
    const open = path.join(dir, 'open');
    await openKeyStore({ file: open });
    await chmod(open, 0o640);
    await expect(openKeyStore({ file: open })).rejects.toMatchObject({
      code: 'ADB_KEY',
      message: expect.stringContaining('640') as string,
    });
    const junk = path.join(dir, 'junk');
    await writeFile(junk, 'no key', { mode: 0o600 });
    await expect(openKeyStore({ file: junk })).rejects.toMatchObject({
      code: 'ADB_KEY',
      message: expect.stringContaining(junk) as string,
    });
    await expect(openKeyStore({ file: path.join(dir, 'x'), name: 'a b' })).rejects.toMatchObject({
      code: 'ADB_KEY',
    });
  });
});
