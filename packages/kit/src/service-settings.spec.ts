import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig } from './config.js';
import { farmConnection, farmSettings, laneAddresses, processSettings } from './service-settings.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-settings-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const file = (name: string, content: string): string => {
  const full = path.join(folder, name);
  fs.writeFileSync(full, content, { mode: 0o600 });
  return full;
};

const schema = z.object({ ...processSettings({ grpcPort: 7103 }), ...farmSettings('media-svc') });
const secrets = {
  ANCLOUD_NATS_PASS_FILE: file('nats', 'nats-password-of-media\n'),
  ANCLOUD_REDIS_PASS_FILE: file('redis', 'redis/password@with:signs\n'),
  ANCLOUD_FARM_SECRET_FILE: file('farm', 'the-secret-of-the-farm\n'),
};

describe('processSettings', () => {
  it('has defaults for everything', () => {
    expect(loadConfig(schema, secrets)).toMatchObject({
      ANCLOUD_GRPC_LISTEN: '127.0.0.1:7103',
      ANCLOUD_LOG_LEVEL: 'info',
    });
  });
});

describe('farmConnection', () => {
  it('needs three secrets, the rest has defaults', () => {
    expect(farmConnection(loadConfig(schema, secrets))).toEqual({
      nats: { servers: ['nats://127.0.0.1:4222'], user: 'media-svc', pass: 'nats-password-of-media' },
      redis: { url: 'redis://:redis%2Fpassword%40with%3Asigns@127.0.0.1:6379' },
      farmSecret: 'the-secret-of-the-farm',
    });
  });

  it('takes several NATS servers, and Redis by TLS with a user and a database', () => {
    const connection = farmConnection(
      loadConfig(schema, {
        ...secrets,
        ANCLOUD_NATS_URL: 'tls://a:4222, tls://b:4222',
        ANCLOUD_NATS_USER: 'other',
        ANCLOUD_REDIS_URL: 'rediss://ancloud@redis.lan:6380/2',
      }),
    );
    expect(connection.nats).toMatchObject({ servers: ['tls://a:4222', 'tls://b:4222'], user: 'other' });
    expect(connection.redis.url).toBe('rediss://ancloud:redis%2Fpassword%40with%3Asigns@redis.lan:6380/2');
  });

  it.each([
    ['ANCLOUD_NATS_URL', 'nats.lan:4222'],
    ['ANCLOUD_NATS_URL', 'nats://a:4222,'],
    ['ANCLOUD_NATS_URL', 'nats://a:4222,tls://b:4222'],
    ['ANCLOUD_TLS_CA_FILE', '/nowhere/at/all'],
    ['ANCLOUD_TLS_CERT_FILE', secrets.ANCLOUD_FARM_SECRET_FILE],
    ['ANCLOUD_TLS_KEY_FILE', '/nowhere/at/all'],
    ['ANCLOUD_REDIS_URL', 'redis.lan'],
    ['ANCLOUD_REDIS_URL', 'http://redis.lan'],
    ['ANCLOUD_GRPC_LISTEN', 'here'],
    ['ANCLOUD_METRICS_LISTEN', 'unix:/run/metrics'],
    ['ANCLOUD_LOG_LEVEL', 'loud'],
    ['ANCLOUD_NATS_PASS_FILE', '/nowhere/at/all'],
  ])('refuses %s=%s by name, with the fix', (name, value) => {
    expect(() => loadConfig(schema, { ...secrets, [name]: value })).toThrow(
      new RegExp(`^one mistake [^]* {2}${name}=.* \\(.+\\)$`),
    );
  });

  it.each([
    [['CA'], 'ANCLOUD_TLS_CERT_FILE is not set'],
    [['CA', 'CERT'], 'ANCLOUD_TLS_KEY_FILE is not set'],
    [['CERT', 'KEY'], 'ANCLOUD_TLS_CA_FILE is not set'],
    [['CA', 'CERT', 'KEY'], 'ANCLOUD_TLS_KEY_FILE does not fit ANCLOUD_TLS_CERT_FILE'],
  ])('takes TLS whole or not at all: %j', (given, mistake) => {
    const pem = file('pem', '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n');
    const env = Object.fromEntries(given.map((name) => [`ANCLOUD_TLS_${name}_FILE`, pem]));
    expect(() => farmConnection(loadConfig(schema, { ...secrets, ...env }))).toThrow(mistake);
  });

  it('reports all mistakes together', () => {
    expect(() => loadConfig(schema, { ANCLOUD_LOG_LEVEL: 'loud', ANCLOUD_REDIS_URL: 'x' })).toThrow(
      /^5 mistakes[^]*LOG_LEVEL[^]*NATS_PASS_FILE[^]*REDIS_URL[^]*REDIS_PASS_FILE[^]*FARM_SECRET_FILE/,
    );
  });
});

describe('laneAddresses', () => {
  it.each([
    // gRPC listens, is dialled as, lanes listen; then where lanes listen and what others dial.
    ['127.0.0.1:7104', undefined, undefined, '127.0.0.1:0', '127.0.0.1:0'],
    ['0.0.0.0:7104', 'input-svc:7104', undefined, '0.0.0.0:0', 'input-svc:0'],
    ['0.0.0.0:7104', 'input-svc:7104', '0.0.0.0:7114', '0.0.0.0:7114', 'input-svc:7114'],
    ['[::]:7104', '[fd00::1]:7104', undefined, '[::]:0', '[fd00::1]:0'],
    ['unix:/run/a.sock', undefined, undefined, 'unix:/run/a.sock.lane', 'unix:/run/a.sock.lane'],
    ['unix:/run/a.sock', undefined, '10.0.0.1:7114', '10.0.0.1:7114', '10.0.0.1:7114'],
    ['127.0.0.1:7104', undefined, 'unix:/run/i.lane', 'unix:/run/i.lane', 'unix:/run/i.lane'],
  ])('%s, %s, %s', (grpc, advertise, lane, listen, dialled) =>
    expect(
      laneAddresses({
        ANCLOUD_GRPC_LISTEN: grpc,
        ANCLOUD_GRPC_ADVERTISE: advertise,
        ANCLOUD_LANE_LISTEN: lane,
      }),
    ).toEqual({ listen, advertise: dialled }),
  );
});
