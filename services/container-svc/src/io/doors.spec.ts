import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeDoors } from './doors.js';
import { Paths } from './paths.js';

let run: string;

beforeEach(() => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-doors-'));
});

afterEach(() => {
  fs.rmSync(run, { recursive: true, force: true });
});

describe('the folder of doors', () => {
  test('may be passed by other users, and listed by none of them', () => {
    makeDoors(new Paths('/nowhere', run));
    expect(fs.statSync(path.join(run, 'doors')).mode & 0o777).toBe(0o711);
  });

  test('keeps the doors of phones that are there, and no others', () => {
    const paths = new Paths('/nowhere', run);
    makeDoors(paths);
    fs.mkdirSync(paths.run('ph_1').root, { recursive: true });
    for (const phone of ['ph_1', 'ph_2']) fs.writeFileSync(paths.run(phone).door, '');
    makeDoors(paths);
    expect(fs.readdirSync(paths.doors)).toEqual(['ph_1']);
  });
});
