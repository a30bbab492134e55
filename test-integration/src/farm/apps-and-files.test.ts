import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { SessionServiceClient } from '@ancloud/contracts/session/v1/session';
import { createClient } from '@ancloud/kit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeApk } from '../harness/apk.js';
import { PATIENCE_MS } from '../harness/eventually.js';
import { portOf, secretOf } from '../harness/farm-address.js';
import { Farm, type Phone } from '../harness/farm.js';

const farm = new Farm(inject('farm'));
let phone: Phone;

beforeAll(async () => {
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

describe('apps', () => {
  const install = async (name: string, bytes: Buffer): ReturnType<Farm['cli']> => {
    const file = path.join(farm.address.home, name);
    fs.writeFileSync(file, bytes);
    const result = await farm.cli(['phone', 'install', phone.phoneId, file]);
    fs.rmSync(file);
    return result;
  };
  const listed = async (): Promise<string[]> =>
    (await farm.shell(phone.phoneId, 'pm list packages')).trim().split('\n');

  it('an APK is installed by the CLI, and leaves no copy in the phone', async () => {
    expect(await listed()).not.toContain('package:org.example.farmtest');
    const result = await install('app.apk', makeApk('org.example.farmtest', 7));
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('Success') as string });
    expect(await listed()).toContain('package:org.example.farmtest');
    expect(await farm.shell(phone.phoneId, 'ls -A /data/local/tmp')).not.toContain('.apk');
  });

  it('what is no APK is refused with the package manager’s word', async () => {
    const before = await listed();
    const result = await install('not.apk', Buffer.from('this is no zip'));
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/INSTALL_FAILED.*INSTALL_FAILED_INVALID_APK/s);
    expect(await listed()).toEqual(before);
  });
});

/** The farm's own way to session-svc. */
function sessions() {
  const farmSecret = secretOf(farm.address, 'farm');
  const port = portOf(farm.address, 102);
  return createClient(SessionServiceClient, `127.0.0.1:${port}`, { farmSecret, deadlineMs: PATIENCE_MS });
}

describe('files', () => {
  it('go into a phone and come back byte for byte, through session-svc', async () => {
    const client = sessions();
    try {
      // More than one sync packet of 64 KiB, and no multiple of it.
      const bytes = crypto.randomBytes(300_001);
      const { call, response } = client.pushFile();
      const value = { phoneId: phone.phoneId, path: '/data/local/tmp/file', mode: 0o640 };
      call.write({ input: { $case: 'start', value } });
      call.write({ input: { $case: 'data', value: bytes.subarray(0, 100_000) } });
      call.write({ input: { $case: 'data', value: bytes.subarray(100_000) } });
      call.end();
      expect(await response).toEqual({ bytes: bytes.length });
      // adbd gives group and others what the owner has (AOSP adb/daemon/file_sync_service.cpp, do_send).
      expect((await farm.shell(phone.phoneId, 'stat -c %a /data/local/tmp/file')).trim()).toBe('666');
      const back: Uint8Array[] = [];
      for await (const { data } of client.pullFile({ phoneId: phone.phoneId, path: '/data/local/tmp/file' }))
        back.push(data);
      expect(Buffer.concat(back).equals(bytes)).toBe(true);
    } finally {
      client.close();
    }
  });
});

describe('the log', () => {
  it('of init is kept, and its end can be had', async () => {
    // Its end first: the log grows.
    const tail = await farm.cli(['phone', 'log', phone.phoneId, '--tail', '2']);
    expect(tail.stdout.trim().split('\n')).toHaveLength(2);
    const all = await farm.cli(['phone', 'log', phone.phoneId]);
    expect(all).toMatchObject({ code: 0, stdout: expect.stringContaining('init:') as string });
    expect(all.stdout).toContain(tail.stdout.trim().split('\n')[0]);
  });
});
