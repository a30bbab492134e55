import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openImage } from './open-image.js';

const FIXTURES = path.join(import.meta.dirname, '../../../../packages/android-image/fixtures');
let work: string;

beforeAll(() => {
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-open-'));
});
afterAll(() => {
  fs.rmSync(work, { recursive: true });
});

// These hold no whole root, which only a reader that has been in them can know.
it.each(['small.ext2', 'plain.erofs'])('%s alone is a system image, whatever its name', async (fixture) => {
  const file = path.join(work, fixture);
  fs.writeFileSync(file, gunzipSync(fs.readFileSync(path.join(FIXTURES, `${fixture}.gz`))));
  const fd = fs.openSync(file, 'r');
  try {
    const files = [{ name: 'a-download', fd, size: fs.fstatSync(fd).size }];
    const plan = { kind: 'files', files, scratchFd: -1, maxBytes: 0, shift: 0 } as const;
    await expect(openImage(plan, () => {})).rejects.toThrow('the system image has no /init of its own');
  } finally {
    fs.closeSync(fd);
  }
});
