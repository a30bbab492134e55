import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstFileIn, readIn } from './image-files.js';
import { observeIpConfig, removeIpConfig, writeIpConfig } from './ip-config-file.js';

const CONTENT = Buffer.from([0, 0, 0, 2]);
let root: string;
let data: string;
const at = (name: string): string => path.join(data, name);

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-data-'));
  data = path.join(root, 'data');
  fs.mkdirSync(data);
});
afterEach(() => fs.rmSync(root, { recursive: true }));

// Owners are given away, which only root can.
describe.runIf(process.getuid?.() === 0)('ipconfig.txt in a phone’s data', () => {
  it('is written with Android’s owners, seen, and removed', () => {
    expect(observeIpConfig(data, CONTENT)).toBe('none');
    writeIpConfig(data, CONTENT, 5_000_000);
    expect(observeIpConfig(data, CONTENT)).toBe('written');
    const owner = (name: string): string => {
      const { uid, gid, mode } = fs.statSync(at(name));
      return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
    };
    expect(owner('misc')).toBe('5001000:5009998 1771');
    expect(owner('misc/ethernet')).toBe('5001000:5001000 770');
    expect(owner('misc/ethernet/ipconfig.txt')).toBe('5001000:5001000 600');
    removeIpConfig(data);
    removeIpConfig(data);
    expect(observeIpConfig(data, CONTENT)).toBe('none');
    expect(fs.readdirSync(at('misc/ethernet'))).toEqual([]);
  });

  it('is another one when the phone wrote it, and is written over', () => {
    writeIpConfig(data, Buffer.from('other'), 0);
    expect(observeIpConfig(data, CONTENT)).toBe('other');
    writeIpConfig(data, CONTENT, 0);
    expect(observeIpConfig(data, CONTENT)).toBe('written');
  });

  it('follows no link that the phone left', () => {
    const outside = path.join(root, 'outside');
    fs.mkdirSync(outside);
    fs.mkdirSync(at('misc'));
    fs.symlinkSync(outside, at('misc/ethernet'));
    expect(observeIpConfig(data, CONTENT)).toBe('none');
    expect(() => writeIpConfig(data, CONTENT, 0)).toThrow(/ELOOP|ENOTDIR/);
    removeIpConfig(data);
    expect(fs.readdirSync(outside)).toEqual([]);
  });

  it('replaces a link or a folder of its name, and waits for no FIFO', () => {
    const outside = path.join(root, 'outside');
    fs.writeFileSync(outside, 'untouched');
    fs.mkdirSync(at('misc/ethernet'), { recursive: true });
    fs.symlinkSync(outside, at('misc/ethernet/ipconfig.txt'));
    expect(observeIpConfig(data, CONTENT)).toBe('none');
    writeIpConfig(data, CONTENT, 0);
    expect(fs.lstatSync(at('misc/ethernet/ipconfig.txt')).isFile()).toBe(true);
    expect(fs.readFileSync(outside, 'utf8')).toBe('untouched');
    fs.rmSync(at('misc/ethernet/ipconfig.txt'));
    execFileSync('mkfifo', [at('misc/ethernet/ipconfig.txt')]);
    expect(observeIpConfig(data, CONTENT)).toBe('none');
    writeIpConfig(data, CONTENT, 0);
    expect(observeIpConfig(data, CONTENT)).toBe('written');
  });
});

describe('files of an image', () => {
  it('are found through the image’s own links, and never outside', () => {
    fs.mkdirSync(at('system/etc'), { recursive: true });
    fs.writeFileSync(at('system/etc/prop.default'), 'ro.a=1\n');
    fs.symlinkSync('system/etc/prop.default', at('default.prop'));
    fs.symlinkSync('/etc/hostname', at('hostname'));
    fs.symlinkSync('../../../etc/passwd', at('passwd'));
    expect(readIn(data, '/default.prop', 100)).toBe('ro.a=1\n');
    expect(readIn(data, '/default.prop', 4)).toBe('ro.a');
    expect(readIn(data, '/hostname', 100)).toBeUndefined();
    expect(readIn(data, '/passwd', 100)).toBeUndefined();
    expect(readIn(data, '/system', 100)).toBeUndefined();
    expect(firstFileIn(data, ['/none', '/default.prop', '/system/etc/prop.default'])).toBe('/default.prop');
    expect(firstFileIn(data, ['/none', '/hostname'])).toBeUndefined();
  });
});
