import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Exec, realClock } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Paths } from './paths.js';
import { PhoneDisks } from './phone-disk.js';
import { PhoneStorage } from './storage.js';

const PHONE = 'ph_1';
const IDENTITY = { base: 7, userns: false, imageId: 'sha256:a', resets: 0 };
const BOOM = new Error('killed');
const calmly = { fds: [], inside: () => {} };
const noExec: Exec = ([program]) => Promise.reject(new Error(`${program} was run`));

let root: string;
let paths: Paths;
let storage: PhoneStorage;

beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-storage-'));
  paths = new Paths(`${root}/state`, `${root}/run`);
  const disks = new PhoneDisks({ paths, exec: noExec, clock: realClock });
  storage = new PhoneStorage(paths, disks);
  await storage.make(PHONE, IDENTITY, calmly);
  const { log } = paths.storage(PHONE);
  const { data, upper } = paths.files(PHONE, undefined);
  fs.mkdirSync(`${data}/app/one`, { recursive: true });
  fs.writeFileSync(`${data}/app/one/base.apk`, 'x');
  fs.writeFileSync(`${upper}/changed`, 'x');
  fs.writeFileSync(`${log}/init.log`, 'kept');
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const identity = (): unknown => JSON.parse(fs.readFileSync(paths.storage(PHONE).identity, 'utf8'));

// Directories are given to Android's ids.
describe.skipIf(process.getuid?.() !== 0)('wipe', () => {
  it('empties data and upper, and keeps identity and log', async () => {
    await storage.wipe(PHONE, { ...IDENTITY, resets: 1 }, calmly);
    const { log } = paths.storage(PHONE);
    const { data, upper, work } = paths.files(PHONE, undefined);
    expect([data, upper, work].map((dir) => fs.readdirSync(dir))).toEqual([[], [], []]);
    expect(fs.statSync(data)).toMatchObject({ uid: 1000, gid: 1000, mode: 0o040771 });
    expect(fs.readFileSync(`${log}/init.log`, 'utf8')).toBe('kept');
    expect(identity()).toEqual({ ...IDENTITY, resets: 1 });
  });

  it('that is killed tells of no reset, and is done by the next', async () => {
    const killed = storage.wipe(
      PHONE,
      { ...IDENTITY, resets: 1 },
      {
        fds: [],
        inside: () => {
          throw BOOM;
        },
      },
    );
    await expect(killed).rejects.toBe(BOOM);
    expect(identity()).toEqual(IDENTITY);
    await storage.wipe(PHONE, { ...IDENTITY, resets: 1 }, calmly);
    expect(identity()).toEqual({ ...IDENTITY, resets: 1 });
  });

  it('does not say that it is done while something is left', async () => {
    const wiped = storage.wipe(
      PHONE,
      { ...IDENTITY, resets: 1 },
      {
        fds: [],
        inside: () => fs.mkdirSync(paths.files(PHONE, undefined).data),
      },
    );
    await expect(wiped).rejects.toMatchObject({ code: 'STEP_FAILED' });
    expect(identity()).toEqual(IDENTITY);
  });
});
