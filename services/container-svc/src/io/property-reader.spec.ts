import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPropertiesIn } from './property-reader.js';
import { O_PATH } from './syscalls.js';

const MIB = 1024 * 1024;
let root: string;
let folder: string;
beforeEach(() => {
  // The one place that is a tmpfs everywhere, as a phone's /dev is.
  root = fs.mkdtempSync('/dev/shm/ancloud-properties-');
  folder = path.join(root, 'dev/__properties__');
  fs.mkdirSync(folder, { recursive: true });
});
afterEach(() => fs.rmSync(root, { recursive: true }));

/** An area of one property, `key`=`value`, whose objects stand `at` bytes behind its header: layout as in core/property-area.spec.ts. */
function area(key: string, value: string, at = 20, used = at + 256): Buffer {
  const bytes = Buffer.alloc(128 + at + 256);
  bytes.writeUInt32LE(used, 0);
  bytes.writeUInt32LE(0x504f5250, 8);
  bytes.writeUInt32LE(0xfc6ed0ab, 12);
  bytes.writeUInt32LE(at, 128 + 16);
  const node = 128 + at;
  bytes.writeUInt32LE(key.length, node);
  bytes.write(key, node + 20);
  const info = at + Math.ceil((20 + key.length + 1) / 4) * 4;
  bytes.writeUInt32LE(info, node + 4);
  bytes.writeUInt32LE(value.length * 2 ** 24, 128 + info);
  bytes.write(value, 128 + info + 4);
  bytes.write(key, 128 + info + 96);
  return bytes;
}

/** Its file is as large as Android makes them, whatever is in it. */
function place(name: string, bytes: Buffer, size = 128 * 1024): void {
  const file = path.join(folder, name);
  fs.writeFileSync(file, bytes);
  fs.truncateSync(file, Math.max(size, bytes.length));
}

function read(): Record<string, string> {
  const fd = fs.openSync(root, O_PATH);
  try {
    return Object.fromEntries(readPropertiesIn(fd));
  } finally {
    fs.closeSync(fd);
  }
}

describe('properties of a phone', () => {
  it('are those of all its areas; what is no area has none', () => {
    place('u:object_r:a:s0', area('a', '1'));
    place('u:object_r:b:s0', area('b', '2'));
    place('property_info', Buffer.from('no area'));
    place('noise', Buffer.from('no area'));
    expect(read()).toEqual({ a: '1', b: '2' });
  });

  it('are found where an area uses much of its file, and not behind what it uses', () => {
    place('far', area('far', 'away', 60_000));
    place('cut', area('cut', 'off', 20, 20));
    expect(read()).toEqual({ far: 'away' });
  });

  it('come from links and from files that are too large as little as from nothing', () => {
    fs.writeFileSync(path.join(root, 'elsewhere'), area('stolen', '1'));
    fs.symlinkSync('../../elsewhere', path.join(folder, 'link'));
    place('large', area('large', '1'), 5 * MIB);
    place('sound', area('sound', '1'));
    expect(read()).toEqual({ sound: '1' });
  });

  it('are read up to a bound, however much a phone says it uses', () => {
    for (let i = 0; i < 40; i += 1) place(`${i}`, area(`key${i}`, '1', 20, 4 * MIB), 4 * MIB);
    const before = fs.readFileSync('/proc/self/io', 'utf8');
    const found = Object.keys(read());
    const bytes = (text: string): number => Number(/rchar: (\d+)/.exec(text)?.[1]);
    expect(bytes(fs.readFileSync('/proc/self/io', 'utf8')) - bytes(before)).toBeLessThan(24 * MIB);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(10);
  });

  it('of Android 6 and older are in one file', () => {
    fs.rmSync(folder, { recursive: true });
    fs.writeFileSync(folder, area('old', 'one'));
    expect(read()).toEqual({ old: 'one' });
  });
});
