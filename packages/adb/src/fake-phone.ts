import { onTestFinished } from 'vitest';
import { FakeAdbd } from './fake-adbd.js';
import type { FakeAdbdOptions } from './fake-adbd.js';
import { closeAdb, connectAdb } from './index.js';
import type { Adb } from './index.js';

const noKeys = { iterateKeys: () => [], generateKey: () => Promise.reject(new Error('no key is needed')) };

/** A connection to an adbd that asks for no key; both end with the test. */
export async function phone(options: FakeAdbdOptions): Promise<{ fake: FakeAdbd; adb: Adb }> {
  const fake = await FakeAdbd.start(options);
  onTestFinished(() => fake.stop());
  const adb = await connectAdb({
    host: '127.0.0.1',
    port: fake.port,
    credentialStore: noKeys,
    timeoutMs: 60_000,
  });
  onTestFinished(() => closeAdb(adb));
  return { fake, adb };
}
