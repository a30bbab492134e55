import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { layoutFrom } from '../layout.js';
import { processTable } from './processes.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const artifacts = { mediasoupWorker: '', natsServer: '', redisServer: '', shim: '', hostcap: '', guest: '' };

/** What the table of settings tells the operator of a farm by `up`. */
function documented(): string[] {
  const section = fs
    .readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8')
    .split('\n## ')
    .find((text) => text.startsWith('With ./ancloud up\n'));
  const rows = section?.split('\n').filter((line) => line.startsWith('| `')) ?? [];
  return rows.flatMap((row) => row.split(' | ')[0]?.match(/ANCLOUD_[A-Z_]+/g) ?? []);
}

/** What becomes part of the layout, and is passed on in other words. */
const ofLayout = fs.readFileSync(path.join(ROOT, 'cli/src/layout.ts'), 'utf8');

describe('processTable', () => {
  it('passes on every setting that operators are told of', () => {
    const names = documented();
    expect(names).toEqual(expect.arrayContaining(['ANCLOUD_HOME', 'ANCLOUD_BOOT_PARALLEL']));
    const env = Object.fromEntries(names.map((name) => [name, `given-${name}`]));
    const table = processTable(layoutFrom(ROOT, {}, 'h'), artifacts, env);
    const given = table.flatMap((process) => Object.values(process.env)).join(' ');
    const lost = names.filter((name) => !given.includes(`given-${name}`) && !ofLayout.includes(name));
    expect(lost).toEqual([]);
  });

  it('gives each process the secrets it needs as files, and none as words', () => {
    const words = { ANCLOUD_API_KEY: 'secret', REDIS_PASSWORD: 'secret' };
    for (const { env } of processTable(layoutFrom(ROOT, {}, 'h'), artifacts, words))
      expect(Object.values(env)).not.toContain('secret');
  });
});
