import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { letGo } from './crun.js';
import { mkfifo } from './syscalls.js';

let folder = '';
let fifo = '';
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-crun-'));
  fifo = path.join(folder, 'exec.fifo');
});
beforeEach(() => mkfifo(fifo, 0o600));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

it('an init that waits gets one byte, and the file is gone', () => {
  // As crun's container process holds it.
  const waiting = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  letGo(fifo);
  expect(fs.readSync(waiting, Buffer.alloc(8))).toBe(1);
  fs.closeSync(waiting);
  expect(fs.existsSync(fifo)).toBe(false);
});

it('one that was let go before, or is gone, keeps nobody waiting', () => {
  letGo(fifo);
  expect(fs.existsSync(fifo)).toBe(false);
  letGo(fifo);
});
