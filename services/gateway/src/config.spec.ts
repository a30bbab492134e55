import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-gateway-config-'));
const secret = path.join(folder, 'secret');
fs.writeFileSync(secret, 'twenty-four-characters!!\n', { mode: 0o600 });
afterAll(() => fs.rmSync(folder, { recursive: true }));

const env = {
  ANCLOUD_API_KEY_FILE: secret,
  ANCLOUD_TOKEN_SECRET_FILE: secret,
  ANCLOUD_FARM_SECRET_FILE: secret,
  ANCLOUD_NATS_PASS_FILE: secret,
  ANCLOUD_REDIS_PASS_FILE: secret,
};

describe('readConfig', () => {
  it('needs its secrets and has defaults for the rest', () => {
    const config = readConfig(env);
    expect(config).toMatchObject({
      httpListen: '127.0.0.1:7080',
      grpcListen: '127.0.0.1:7081',
      publicUrl: 'http://127.0.0.1:7080',
      apiKey: 'twenty-four-characters!!',
      webDir: undefined,
      iceServers: [],
      turn: undefined,
      farm: { nats: { user: 'gateway' } },
    });
    expect([...config.ownOrigins]).toEqual(['http://127.0.0.1:7080', 'http://localhost:7080']);
  });

  it("lets partners' pages in beside its own", () => {
    const config = readConfig({
      ...env,
      ANCLOUD_PUBLIC_URL: 'https://Phones.example.com/console/',
      ANCLOUD_ALLOWED_ORIGINS: 'https://partner.example, http://LOCALHOST:3000/page',
    });
    expect(config.publicUrl).toBe('https://phones.example.com');
    expect([...config.ownOrigins]).toEqual(['https://phones.example.com']);
    expect([...config.allowedOrigins]).toEqual([
      'https://phones.example.com',
      'https://partner.example',
      'http://localhost:3000',
    ]);
  });

  it('takes TURN servers with their secret', () => {
    expect(
      readConfig({
        ...env,
        ANCLOUD_TURN_URLS: 'turn:a.example:3478?transport=udp, turns:a.example:5349',
        ANCLOUD_TURN_SECRET_FILE: secret,
      }).turn,
    ).toEqual({
      urls: ['turn:a.example:3478?transport=udp', 'turns:a.example:5349'],
      secret: 'twenty-four-characters!!',
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['TURN servers without a secret', { ANCLOUD_TURN_URLS: 'turn:a.example' }, 'ANCLOUD_TURN_SECRET_FILE'],
    [
      'TURN servers that are none',
      { ANCLOUD_TURN_URLS: 'stun:a.example', ANCLOUD_TURN_SECRET_FILE: secret },
      'ANCLOUD_TURN_URLS',
    ],
    ['an origin that is none', { ANCLOUD_ALLOWED_ORIGINS: 'partner.example' }, 'ANCLOUD_ALLOWED_ORIGINS'],
    ['any origin', { ANCLOUD_ALLOWED_ORIGINS: '*' }, 'ANCLOUD_ALLOWED_ORIGINS'],
    ['a file as an origin', { ANCLOUD_ALLOWED_ORIGINS: 'file:///tmp' }, 'ANCLOUD_ALLOWED_ORIGINS'],
    ['a public URL of another kind', { ANCLOUD_PUBLIC_URL: 'ftp://x' }, 'ANCLOUD_PUBLIC_URL'],
    ['a unix socket for browsers', { ANCLOUD_HTTP_LISTEN: 'unix:/run/x' }, 'ANCLOUD_HTTP_LISTEN'],
    ['ICE servers that are none', { ANCLOUD_ICE_SERVERS: '[{"urls":["http://x"]}]' }, 'ANCLOUD_ICE_SERVERS'],
    [
      'a secret that is not there',
      { ANCLOUD_API_KEY_FILE: path.join(folder, 'none') },
      'ANCLOUD_API_KEY_FILE',
    ],
  ])('refuses %s, by name', (_, over, name) => {
    expect(() => readConfig({ ...env, ...over })).toThrow(name);
  });

  it('tells all mistakes at once', () => {
    expect(() => readConfig({ ANCLOUD_GRPC_LISTEN: 'here' })).toThrow(
      /ANCLOUD_GRPC_LISTEN[\s\S]*ANCLOUD_FARM_SECRET_FILE[\s\S]*ANCLOUD_API_KEY_FILE/,
    );
  });
});
