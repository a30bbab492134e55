import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJson, removeFile, removeTemporaries, writeFileAtomic, writeJsonAtomic } from './atomic-file.js';
import { constantTimeEqual, ensureSecretFile, readSecretFile } from './secret.js';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-files-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('atomic files', () => {
  it('replaces the content and leaves nothing beside it', async () => {
    const file = path.join(folder, 'a.json');
    await writeJsonAtomic(file, { n: 1 });
    await writeJsonAtomic(file, { n: 2 }, { mode: 0o640 });
    expect(fs.readFileSync(file, 'utf8')).toBe('{\n  "n": 2\n}\n');
    expect(fs.statSync(file).mode & 0o777).toBe(0o640);
    expect(fs.readdirSync(folder)).toEqual(['a.json']);
  });

  it('keeps the old content whole when the new cannot be put in its place', async () => {
    const file = path.join(folder, 'a');
    fs.mkdirSync(file);
    await expect(writeFileAtomic(file, 'x')).rejects.toThrow('EISDIR');
    expect(fs.readdirSync(folder)).toEqual(['a']);
  });

  it('takes away what killed writers have left, and nothing else', () => {
    const others = ['a.json', '.hidden', '.a.json.tmp', 'a.json.0123456789ab.tmp'];
    for (const name of [...others, '.a.json.0123456789ab.tmp'])
      fs.writeFileSync(path.join(folder, name), '{');
    removeTemporaries(folder);
    expect(fs.readdirSync(folder).toSorted()).toEqual(others.toSorted());
    removeTemporaries(path.join(folder, 'missing'));
  });

  it('is whole whoever wins among writers', async () => {
    const file = path.join(folder, 'a');
    const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000));
    await Promise.all(contents.map((content) => writeFileAtomic(file, content)));
    expect(contents).toContain(fs.readFileSync(file, 'utf8'));
    expect(fs.readdirSync(folder)).toEqual(['a']);
  });

  it('reads, validates, and names the file that is broken', async () => {
    const file = path.join(folder, 'a.json');
    const number = (value: unknown): number => {
      if (typeof value !== 'number') throw new Error('not a number');
      return value;
    };
    expect(await readJson(file, number)).toBeUndefined();
    await writeFileAtomic(file, '7');
    expect(await readJson(file, number)).toBe(7);
    await writeFileAtomic(file, '"7"');
    await expect(readJson(file, number)).rejects.toMatchObject({ code: 'MESSAGE_MALFORMED', field: file });
    await writeFileAtomic(file, '{');
    await expect(readJson(file, number)).rejects.toMatchObject({ code: 'MESSAGE_MALFORMED' });
    await removeFile(file);
    await removeFile(file);
    expect(fs.existsSync(file)).toBe(false);
  });
});

describe('secrets', () => {
  it('makes one once, with mode 0600, in a folder of its own', () => {
    const file = path.join(folder, 'deep', 'secret');
    const secret = ensureSecretFile(file);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(ensureSecretFile(file)).toBe(secret);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['secret']);
  });

  it('refuses one that others may read', () => {
    const file = path.join(folder, 'secret');
    ensureSecretFile(file);
    fs.chmodSync(file, 0o604);
    expect(() => readSecretFile(file)).toThrow('open to everybody');
  });

  it.each([
    ['same', 'same', true],
    ['same', 'sam', false],
    ['same', 'Same', false],
    ['', '', true],
    ['a', '', false],
  ])('compares %j and %j', (a, b, equal) => expect(constantTimeEqual(a, b)).toBe(equal));
});
