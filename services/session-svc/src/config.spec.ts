import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.js';

let folder: string;
let whole: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'session-config-'));
  const secret = path.join(folder, 'secret');
  writeFileSync(secret, 'a-secret-with-some-length\n', { mode: 0o600 });
  whole = {
    ANCLOUD_HOST_ID: 'h1',
    ANCLOUD_NATS_PASS_FILE: secret,
    ANCLOUD_REDIS_PASS_FILE: secret,
    ANCLOUD_FARM_SECRET_FILE: secret,
    ANCLOUD_ADB_KEY_FILE: '/var/lib/x/adb-key',
    ANCLOUD_SCRCPY_SERVER: '/usr/share/scrcpy-server',
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('config', () => {
  it('needs secrets, key and server; the rest has defaults', () => {
    expect(readConfig(whole)).toMatchObject({
      hostId: 'h1',
      grpcListen: '127.0.0.1:7102',
      grpcAdvertise: '127.0.0.1:7102',
      metricsListen: undefined,
      rtpListenIp: '127.0.0.1',
      srtp: 'auto',
      scrcpyVersion: { text: '4.1', major: 4 },
      farm: { redis: { url: 'redis://:a-secret-with-some-length@127.0.0.1:6379' } },
    });
  });

  it('takes the versions whose formats are known and that can reset video', () => {
    expect(readConfig({ ...whole, ANCLOUD_SCRCPY_VERSION: '3.3.4' }).scrcpyVersion.minor).toBe(3);
    for (const version of ['2.7', '9.0', 'latest'])
      expect(() => readConfig({ ...whole, ANCLOUD_SCRCPY_VERSION: version })).toThrow(
        'ANCLOUD_SCRCPY_VERSION',
      );
  });

  it('names all mistakes at once', () => {
    const broken = {
      ...whole,
      ANCLOUD_HOST_ID: 'No Host',
      ANCLOUD_RTP_LISTEN_IP: 'lo',
      ANCLOUD_RTP_SRTP: 'perhaps',
      ANCLOUD_ADB_KEY_FILE: 'key',
    };
    expect(() => readConfig(broken)).toThrow(/HOST_ID[^]*ADB_KEY_FILE[^]*RTP_LISTEN_IP/);
    expect(() => readConfig(broken)).toThrow(/ANCLOUD_RTP_SRTP="perhaps": is no policy/);
  });
});
