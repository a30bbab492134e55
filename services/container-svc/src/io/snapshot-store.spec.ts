import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { realClock, realExec } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Faults } from './faults.js';
import { Paths } from './paths.js';
import { SnapshotStore, type StoredSnapshot } from './snapshot-store.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const nobody = (): readonly string[] => [];
let root: string;
let paths: Paths;
let faults: Faults;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-snapshots-'));
  paths = new Paths(`${root}/state`, `${root}/run`);
  faults = () => {};
});
afterEach(() => fs.rmSync(root, { recursive: true }));

async function opened(): Promise<SnapshotStore> {
  const store = new SnapshotStore({
    paths,
    hostcap: realExec,
    clock: realClock,
    faults: (step, point) => faults(step, point),
  });
  await store.load();
  return store;
}

function snapshot(snapshotId: string, sha256: string, createdAtMs = 1): StoredSnapshot {
  const of = { owner: 'o', name: 'n', phoneId: 'ph_1', imageId: 'sha256:x' };
  return { snapshotId, ...of, profile: Profile.PROFILE_REFERENCE, size: 4, sha256, createdAtMs };
}

async function add(store: SnapshotStore, one: StoredSnapshot): Promise<void> {
  const file = `${paths.snapshots}/.import-x`;
  fs.writeFileSync(file, 'data');
  await store.add(file, one);
}

const files = (): string[] => fs.readdirSync(paths.snapshots).toSorted();

describe('the snapshot store', () => {
  it('knows after a start what it was given, newest first, and nothing of what a kill left', async () => {
    const store = await opened();
    await add(store, snapshot('sn_1', A, 1));
    await add(store, snapshot('sn_2', B, 2));
    fs.writeFileSync(`${paths.snapshots}/.import-half`, '');
    fs.writeFileSync(`${paths.snapshots}/${'c'.repeat(64)}.sqfs`, 'no meta');
    fs.writeFileSync(`${paths.snapshots}/sn_3.json`, '{"snapshotId":"sn_3"}');
    fs.copyFileSync(`${paths.snapshots}/sn_1.json`, `${paths.snapshots}/sn_4.json`);
    const again = await opened();
    expect(again.list()).toEqual([snapshot('sn_2', B, 2), snapshot('sn_1', A, 1)]);
    expect(files()).toEqual([`${A}.sqfs`, `${B}.sqfs`, 'sn_1.json', 'sn_2.json']);
  });

  it('keeps one file for the same bytes, until the last of its snapshots goes', async () => {
    const store = await opened();
    await add(store, snapshot('sn_1', A));
    await add(store, snapshot('sn_2', A));
    expect(files()).toEqual([`${A}.sqfs`, 'sn_1.json', 'sn_2.json']);
    await store.remove('sn_1', nobody);
    expect(files()).toEqual([`${A}.sqfs`, 'sn_2.json']);
    await store.remove('sn_2', nobody);
    expect(files()).toEqual([]);
  });

  it('refuses to remove what data lies on, naming whose', async () => {
    const store = await opened();
    await add(store, snapshot('sn_1', A));
    await expect(store.remove('sn_1', () => ['ph_7'])).rejects.toMatchObject({
      code: 'SNAPSHOT_IN_USE',
      message: expect.stringContaining('ph_7') as string,
    });
    expect(store.get('sn_1')).toBeDefined();
    await expect(store.remove('sn_2', nobody)).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
  });

  it('does not know it after a kill inside its removal', async () => {
    const store = await opened();
    await add(store, snapshot('sn_1', A));
    faults = (_, point) => {
      if (point === 'inside') throw new Error('killed');
    };
    await expect(store.remove('sn_1', nobody)).rejects.toThrow('killed');
    expect((await opened()).list()).toEqual([]);
    expect(files()).toEqual([]);
  });
});
