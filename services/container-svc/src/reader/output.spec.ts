import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Output } from './output.js';

let folder = '';
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-output-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

async function written(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const file = path.join(folder, 'out');
  const fd = fs.openSync(file, 'w');
  try {
    const output = new Output(fd);
    for (const piece of pieces) {
      const mine = Buffer.from(piece);
      await output.write(mine);
      // It is the caller's again.
      mine.fill(0);
    }
    await output.end();
  } finally {
    fs.closeSync(fd);
  }
  return fs.readFileSync(file);
}

it.each([
  { what: 'nothing', sizes: [] },
  { what: 'an empty piece', sizes: [0] },
  { what: 'small pieces', sizes: [512, 7, 505] },
  { what: 'exactly a buffer', sizes: [512 * 1024] },
  { what: 'a piece over the end of a buffer', sizes: [512 * 1024 - 1, 2] },
  { what: 'a piece of several buffers', sizes: [3, 3 * 512 * 1024 + 1, 5] },
])('$what', async ({ sizes }) => {
  const pieces = sizes.map((size) => crypto.randomBytes(size));
  expect((await written(pieces)).equals(Buffer.concat(pieces))).toBe(true);
});

it('what cannot be written is told at the next call', async () => {
  const fd = fs.openSync('/dev/full', 'w');
  try {
    const output = new Output(fd);
    await output.write(Buffer.alloc(512 * 1024));
    await expect(output.end()).rejects.toThrow('ENOSPC');
  } finally {
    fs.closeSync(fd);
  }
});
