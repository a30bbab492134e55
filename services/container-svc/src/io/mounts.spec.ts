import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isMounted, readMounts, unmountAll } from './mounts.js';
import { mount } from './syscalls.js';

let folder = '';
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-mounts-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

it.skipIf(process.getuid?.() !== 0)(
  'sees what is mounted and unmounted at once, and reads nothing in between',
  () => {
    expect(isMounted(folder)).toBe(false);
    mount('ancloud-spec', folder, 'tmpfs', 0, '');
    try {
      const seen = readMounts();
      expect(seen.find(({ target }) => target === folder)?.source).toBe('ancloud-spec');
    } finally {
      unmountAll(folder);
    }
    expect(isMounted(folder)).toBe(false);
  },
);
