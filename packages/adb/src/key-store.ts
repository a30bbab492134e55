import { createPrivateKey, generateKeyPair } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AdbCredentialStore, AdbPrivateKey } from '@yume-chan/adb';
import { AdbError } from './errors.js';
import { publicKeyFingerprint, publicKeyLine } from './public-key.js';

export interface KeyStoreOptions {
  /** The private key's file, PEM; made when missing (its directory too, 0700). Mode 0600. */
  readonly file: string;
  /** What the phone shows as the key's owner. Default `ancloud@host`. */
  readonly name?: string;
}

/** This host's adb identity: one RSA-2048 pair, generated once and kept on disk. */
export interface AdbKeyStore extends AdbCredentialStore {
  readonly name: string;
  /** The line that must stand in a phone's adb_keys, without newline. Not secret. */
  readonly publicKeyLine: string;
  /** As Android's dialog shows it: MD5 in colon hex. */
  readonly fingerprint: string;
}

/**
 * Opens the key store; any number of processes may do so at once, all get the same key.
 * @throws AdbError ADB_KEY when the file is no RSA-2048 private key or others may read it
 */
export async function openKeyStore({ file, name = 'ancloud@host' }: KeyStoreOptions): Promise<AdbKeyStore> {
  if (!/^[\x21-\x7e]+$/.test(name))
    throw new AdbError('ADB_KEY', `key name ${JSON.stringify(name)} must be printable ASCII without blanks`);
  let pem = await readIfThere(file);
  if (pem === undefined) {
    await create(file);
    pem = await readFile(file, 'utf8');
  }
  const mode = (await stat(file)).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new AdbError('ADB_KEY', `adb key ${file} has mode ${mode.toString(8)}; make it 600`);
  const key = parse(file, pem);
  // The library's format is PKCS #8 DER, whatever the file holds.
  const entry: AdbPrivateKey = { buffer: key.export({ type: 'pkcs8', format: 'der' }), name };
  return {
    name,
    publicKeyLine: publicKeyLine(key, name),
    fingerprint: publicKeyFingerprint(key),
    generateKey: () => entry,
    iterateKeys: () => [entry],
  };
}

function parse(file: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    publicKeyFingerprint(key);
    return key;
  } catch (cause) {
    throw new AdbError('ADB_KEY', `adb key ${file} is no RSA-2048 private key; remove it to get a new one`, {
      cause,
    });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Complete on disk before it has its name; link() lets exactly one of several creators win. */
async function create(file: string): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${process.hrtime.bigint()}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    // PKCS #1 ("BEGIN RSA PRIVATE KEY"): what adb itself wrote until it moved to PKCS #8; all adbs read both.
    await handle.writeFile(privateKey.export({ type: 'pkcs1', format: 'pem' }));
    await handle.sync();
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await handle.close();
    await rm(draft, { force: true });
  }
}
