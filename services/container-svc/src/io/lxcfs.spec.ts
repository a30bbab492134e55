import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { realClock } from '@ancloud/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Lxcfs } from './lxcfs.js';

let root: string;
let dir: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-lxcfs-'));
  dir = path.join(root, 'lxcfs');
});
afterEach(() => fs.rmSync(root, { recursive: true }));

/** What an lxcfs of these files looks like. */
function serve(...files: string[]): void {
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    fs.writeFileSync(path.join(dir, file), 'text\n');
  }
}

it('is found when it comes, gone when it goes, and another one when it serves other files', async () => {
  const lxcfs = new Lxcfs(dir, realClock);
  expect([await lxcfs.look(), lxcfs.state, lxcfs.view]).toEqual([false, 'absent', undefined]);
  // The empty folder of the package, nothing mounted there.
  fs.mkdirSync(dir);
  expect([await lxcfs.look(), lxcfs.state]).toEqual([false, 'absent']);
  serve('proc/uptime', 'proc/meminfo', 'proc/slabinfo', 'cgroup/tasks');
  expect([await lxcfs.look(), lxcfs.state]).toEqual([true, 'present']);
  const device = fs.statSync(dir).dev;
  expect(lxcfs.view).toEqual({ dir, device, files: ['proc/meminfo', 'proc/uptime'] });
  expect(await lxcfs.look()).toBe(false);
  serve('proc/stat');
  expect(await lxcfs.look()).toBe(true);
  fs.rmSync(dir, { recursive: true });
  expect([await lxcfs.look(), lxcfs.state, lxcfs.view]).toEqual([true, 'absent', undefined]);
});

it('is broken when its files cannot be read, and says what to do', async () => {
  const lxcfs = new Lxcfs(dir, realClock);
  // A folder in place of the file: read(2) fails there for root too, as with ENOTCONN.
  fs.mkdirSync(path.join(dir, 'proc/uptime'), { recursive: true });
  expect(await lxcfs.look()).toBe(false);
  expect([lxcfs.state, lxcfs.view]).toEqual(['broken', undefined]);
  expect(lxcfs.condition).toMatchObject({ type: 'LxcfsBroken', active: true });
  expect(lxcfs.condition.message).toContain(`umount -l ${dir}`);
});

it('is not looked for when phones shall have nothing of it', async () => {
  const lxcfs = new Lxcfs(undefined, realClock);
  expect([await lxcfs.look(), lxcfs.state, lxcfs.condition.active]).toEqual([false, 'absent', false]);
});
