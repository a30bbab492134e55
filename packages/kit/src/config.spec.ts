import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  absolutePath,
  address,
  addressMistake,
  duration,
  flag,
  integer,
  interfaceName,
  ipAddress,
  ipAddresses,
  list,
  loadConfig,
  parseDuration,
  port,
  secretFile,
  tcpAddress,
} from './config.js';
import type { AppError } from './errors.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-config-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function file(name: string, content: string, mode: number): string {
  const full = path.join(folder, name);
  fs.writeFileSync(full, content);
  fs.chmodSync(full, mode);
  return full;
}

function failure(fn: () => unknown): AppError {
  try {
    fn();
  } catch (error) {
    return error as AppError;
  }
  throw new Error('it did not fail');
}

const schema = z.object({
  LISTEN: address().default('127.0.0.1:7000'),
  BOOT_TIMEOUT: duration({ min: 1_000, max: 600_000 }).prefault('2m'),
  WORKERS: integer({ min: 1, max: 64 }).prefault('4'),
  HOST_ID: z.string().describe('a DNS label'),
  NATS_PASSWORD: z
    .string()
    .regex(/^[a-z]+$/, 'has digits')
    .optional(),
  SERVERS: list().prefault('a:1,b:2'),
  VERBOSE: flag().default(false),
});

describe('loadConfig', () => {
  it('fills in what is absent or empty, and types what is there', () => {
    expect(
      loadConfig(schema, { HOST_ID: 'h1', BOOT_TIMEOUT: '1.5s', WORKERS: '', VERBOSE: 'yes', OTHER: 'x' }),
    ).toEqual({
      LISTEN: '127.0.0.1:7000',
      BOOT_TIMEOUT: 1_500,
      WORKERS: 4,
      HOST_ID: 'h1',
      SERVERS: ['a:1', 'b:2'],
      VERBOSE: true,
    });
  });

  it('reports all mistakes together: variable, value, what is wrong, the fix', () => {
    const error = failure(() =>
      loadConfig(schema, { LISTEN: 'nowhere', BOOT_TIMEOUT: '5', WORKERS: '99', NATS_PASSWORD: 'hunter2' }),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message.split('\n')).toEqual([
      '5 mistakes in the environment:',
      '  LISTEN="nowhere": is not host:port (write host:port, [v6]:port or unix:/absolute/path)',
      '  BOOT_TIMEOUT="5": is not a time with a unit (write e.g. 250ms, 10s, 2m, 1h)',
      '  WORKERS="99": is not a whole number in range (write a whole number from 1 to 64)',
      '  HOST_ID: is not set (a DNS label)',
      '  NATS_PASSWORD=<redacted>: has digits',
    ]);
  });

  it('checks across fields too', () => {
    const crossed = z
      .object({ A: port(), B: port() })
      .refine(({ A, B }) => A !== B, { message: 'A and B must differ', path: ['B'] });
    expect(failure(() => loadConfig(crossed, { A: '7', B: '7' })).message).toContain(
      'B="7": A and B must differ',
    );
  });
});

describe('secretFile', () => {
  const read = (SECRET_FILE: string) =>
    loadConfig(z.object({ SECRET_FILE: secretFile() }), { SECRET_FILE }).SECRET_FILE;

  it('gives the content, without its newline', () => {
    expect(read(file('good', 'sixteen-characters\n', 0o600))).toBe('sixteen-characters');
  });

  it.each([
    [
      'a file that everybody may read',
      () => file('open', 'sixteen-characters', 0o644),
      'is open to everybody (mode 644)',
    ],
    ['a short secret', () => file('short', 'abc', 0o600), 'has 3 characters'],
    ['a folder', () => folder, 'is not a regular file'],
    ['nothing', () => path.join(folder, 'none'), 'ENOENT'],
  ])('refuses %s and never shows the content', (_name, make, text) => {
    const error = failure(() => read(make()));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(text);
    expect(error.message).not.toContain('sixteen-characters');
  });
});

describe('the words', () => {
  it.each([
    ['250ms', 250],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['10', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['1e3s', undefined],
  ])('duration %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    ['127.0.0.1:80', undefined],
    ['[::1]:80', undefined],
    ['host-1.lan:0', undefined],
    ['unix:/run/a.sock', undefined],
    ['host', 'is not host:port'],
    ['host:70000', 'has a port above 65535'],
    ['unix:relative', 'is a unix address without an absolute path'],
    [`unix:/${'x'.repeat(107)}`, 'is a socket path of more than 107 bytes'],
    ['a b:1', 'is not host:port'],
  ])('address %s', (text, mistake) => expect(addressMistake(text)).toBe(mistake));

  it.each([
    [port(), '0'],
    [port(), '65536'],
    [port(), '1.5'],
    [integer(), '0x10'],
    [flag(), 'maybe'],
    [list(), ' , '],
    [absolutePath(), 'var/lib'],
    [tcpAddress(), 'unix:/run/a.sock'],
    [tcpAddress(), '127.0.0.1'],
    [ipAddresses(2), 'localhost'],
    [ipAddresses(2), '127.0.0.1,'.repeat(2)],
    [ipAddresses(2), '::1,0:0:0:0:0:0:0:1'],
    [ipAddresses(2), '0.0.0.0,::'],
    [ipAddresses(2), '10.0.0.2,0:0::0'],
    [ipAddresses(2), 'fe80::1%eth0'],
    [ipAddresses(2), '127.0.0.1,::1,127.0.0.2'],
    [ipAddress(), 'localhost'],
    [ipAddress(), '127.0.0.1:80'],
    [interfaceName(), 'Bridge'],
    [interfaceName(), 'sixteen-letters-'],
    [interfaceName(), 'a b'],
    [duration({ max: 1_000 }), '2s'],
  ])('refuses by %#', (word, text) => expect(word.safeParse(text).success).toBe(false));

  it.each([
    [tcpAddress(), '[::1]:80'],
    [ipAddress(), '0.0.0.0'],
    [ipAddress(), '::1'],
    [interfaceName(), 'fifteen-letters'],
  ])('takes by %#', (word, text) => expect(word.parse(text)).toBe(text));

  it('takes addresses of both families, in their order', () =>
    expect(ipAddresses(2).parse('2001:DB8:0::7, 127.0.0.1')).toEqual(['2001:db8::7', '127.0.0.1']));

  it('takes port 0 where any port will do', () => expect(port({ any: true }).parse('0')).toBe(0));
});
