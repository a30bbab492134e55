import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from './config.js';

let folder: string;
let whole: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'media-config-'));
  const secret = path.join(folder, 'secret');
  writeFileSync(secret, 'a-secret-with-some-length\n', { mode: 0o600 });
  whole = {
    ANCLOUD_NATS_PASS_FILE: secret,
    ANCLOUD_REDIS_PASS_FILE: secret,
    ANCLOUD_FARM_SECRET_FILE: secret,
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

it('announces nothing else than where it listens unless it is told to', () => {
  expect(readConfig(whole).webrtc).toEqual({ listenIps: ['127.0.0.1'], announced: [], port: 7_300 });
});

it('announces addresses of both families, and names, in their order', () => {
  const announced = '203.0.113.7, 2001:DB8:0::7,media-1.example.com,localhost';
  const { webrtc } = readConfig({
    ...whole,
    ANCLOUD_WEBRTC_LISTEN_IP: '192.168.1.7,2001:db8::7',
    ANCLOUD_WEBRTC_ANNOUNCED: announced,
  });
  expect(webrtc).toMatchObject({
    listenIps: ['192.168.1.7', '2001:db8::7'],
    announced: ['203.0.113.7', '2001:db8::7', 'media-1.example.com', 'localhost'],
  });
});

it.each([
  ['192.168.1', /neither an IP address nor a name/],
  ['203.0.113.7:7300', /neither an IP address nor a name/],
  ['https://media.example.com', /neither an IP address nor a name/],
  ['203.0.113.7 192.168.1.7', /neither an IP address nor a name/],
  ['203.0.113.7,203.0.113.7', /twice/],
  ['::1,0:0:0:0:0:0:0:1', /twice/],
  ['fe80::1%eth0', /neither an IP address nor a name/],
  [Array.from({ length: 9 }, (_, n) => `192.0.2.${n}`).join(','), /more than 8/],
  [',', /no entry/],
])('announces no %j', (value, what) => {
  const wrong = (): unknown => readConfig({ ...whole, ANCLOUD_WEBRTC_ANNOUNCED: value });
  expect(wrong).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(wrong).toThrow(what);
  expect(wrong).toThrow(/ANCLOUD_WEBRTC_ANNOUNCED/);
});
