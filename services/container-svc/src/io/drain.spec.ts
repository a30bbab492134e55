import fs from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Drain } from './drain.js';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-drain-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

it('says what was asked last, and so does the next process', async () => {
  const file = path.join(folder, 'drained');
  const drain = new Drain({ file, configured: true });
  const told: boolean[] = [];
  const release = drain.onChange(() => told.push(drain.schedulable));
  expect(drain.schedulable).toBe(true);
  await drain.set(false);
  await drain.set(false);
  expect(new Drain({ file, configured: true }).schedulable).toBe(false);
  await Promise.all([drain.set(true), drain.set(false), drain.set(true)]);
  expect(new Drain({ file, configured: true }).schedulable).toBe(true);
  release();
  await drain.set(false);
  expect(told).toEqual([false, false, true, false, true]);
  expect(fs.readdirSync(folder)).toEqual(['drained']);
});

it('is drained whatever is asked while the configuration says so, and remembers what was asked', async () => {
  const file = path.join(folder, 'drained');
  const drain = new Drain({ file, configured: false });
  expect(drain.schedulable).toBe(false);
  await expect(drain.set(true)).rejects.toMatchObject({ code: 'HOST_DRAINED', field: 'ANCLOUD_SCHEDULABLE' });
  await drain.set(false);
  expect(new Drain({ file, configured: true }).schedulable).toBe(false);
});

it('goes on after a write that failed, as it was', async () => {
  const parent = path.join(folder, 'state');
  const drain = new Drain({ file: path.join(parent, 'drained'), configured: true });
  await expect(drain.set(false)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(drain.schedulable).toBe(true);
  fs.mkdirSync(parent);
  await drain.set(false);
  expect(drain.schedulable).toBe(false);
});
