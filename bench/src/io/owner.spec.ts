import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { claim, type Place, takeOrphans } from './owner.js';

let folder = '';
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-owner-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function placeOf(name: string): Place {
  const home = path.join(folder, name);
  fs.mkdirSync(home);
  return { kind: 'host', home, run: `/run/${name}`, env: { ANCLOUD_BRIDGE: name } };
}

it('what a dead run has left is found once, and what a living one has is not', () => {
  const [ours, orphan, another] = ['ancloud-bench-1', 'ancloud-bench-2', 'ancloud-host-3'].map(placeOf);
  if (ours === undefined || orphan === undefined || another === undefined) throw new Error('no places');
  claim(ours);
  claim(orphan, process.pid, 'of another process with this pid');
  claim(another, process.pid, 'of another process with this pid');
  fs.mkdirSync(path.join(folder, 'ancloud-bench-unclaimed'));
  expect(takeOrphans(folder)).toEqual([orphan]);
  expect(takeOrphans(folder)).toEqual([]);
});
