import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renewIds } from './renew-ids.js';

const ID = '3f1c9a0b7d2e4f58';
let root: string;
let data: string;
const at = (name: string): string => path.join(data, name);

function put(name: string, text: string): void {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true });
  fs.writeFileSync(at(name), text);
}

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-renew-'));
  data = path.join(root, 'data');
  fs.mkdirSync(data);
});
afterEach(() => fs.rmSync(root, { recursive: true }));

describe('a clone', () => {
  it('has another android_id for each user, keys made anew, and the rest as it was', () => {
    const settings = (id: string): string =>
      `<setting id="9" name="android_id" value="${id}" package="android" />`;
    put('misc/adb/adb_keys', 'a key');
    put('system/users/0/settings_ssaid.xml', 'keys');
    put('system/users/0/settings_secure.xml', settings(ID));
    put('system/users/10/settings_secure.xml.fallback', settings(ID));
    put('system/users/userlist.xml', 'users');
    fs.chmodSync(at('system/users/0/settings_secure.xml'), 0o600);
    renewIds(data);
    const found = fs
      .readdirSync(data, { recursive: true, encoding: 'utf8' })
      .filter((name) => fs.statSync(at(name)).isFile())
      .toSorted();
    expect(found).toEqual([
      'system/users/0/settings_secure.xml',
      'system/users/10/settings_secure.xml.fallback',
      'system/users/userlist.xml',
    ]);
    const ids = found
      .slice(0, 2)
      .map((name) => /value="([0-9a-f]{16})"/.exec(fs.readFileSync(at(name), 'utf8'))?.[1]);
    expect(ids.every((id) => id !== undefined && id !== ID)).toBe(true);
    expect(fs.readFileSync(at('system/users/0/settings_secure.xml'), 'utf8')).toBe(settings(ids[0] ?? ''));
    expect(fs.statSync(at('system/users/0/settings_secure.xml')).mode & 0o777).toBe(0o600);
  });

  it('that has none of it is left alone, and no link in it leads out', () => {
    renewIds(data);
    const outside = path.join(root, 'outside');
    fs.mkdirSync(path.join(outside, '0'), { recursive: true });
    fs.writeFileSync(path.join(outside, '0/settings_ssaid.xml'), 'another’s');
    fs.mkdirSync(at('system'));
    fs.symlinkSync(outside, at('system/users'));
    renewIds(data);
    expect(fs.readFileSync(path.join(outside, '0/settings_ssaid.xml'), 'utf8')).toBe('another’s');
  });
});
