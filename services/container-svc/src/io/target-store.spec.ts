import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Target } from '../core/target.js';
import { Paths } from './paths.js';
import { TargetStore } from './target-store.js';

const NOW = 1_790_000_000_000;
let root: string;
let paths: Paths;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-targets-'));
  paths = new Paths(root, path.join(root, 'run'));
});
afterEach(() => fs.rmSync(root, { recursive: true }));

const desired: Desired = {
  phoneId: 'ph_1',
  epoch: 1_790_000_000_001,
  revision: 4,
  wanted: Wanted.WANTED_RUNNING,
  owner: 'o',
  name: 'n',
  createdAtMs: 1,
  reboots: 0,
  resets: 0,
  paused: false,
  dataFrom: '',
  spec: {
    imageId: 'sha256:x',
    bootProperties: { 'androidboot.a': 'b' },
    labels: {},
    idlePauseMinutes: 0,
    egressAllow: [],
    ports: [],
    gamepad: false,
  },
};
const target: Target = { desired, managedBy: 'farm', slot: 3, fencedBy: { hostId: 'other', epoch: 9 } };

async function load(now = NOW): Promise<TargetStore> {
  const store = new TargetStore(paths, () => {}, silentLog);
  await store.load(now);
  return store;
}

describe('targets on disk', () => {
  it('come back as they were told', async () => {
    await (await load()).save('ph_1', target);
    expect((await load()).get('ph_1')).toEqual({
      ...target,
      desired: { ...desired, spec: { ...desired.spec } },
    });
  });

  it('are on disk before anything is done about them', async () => {
    const seen: string[] = [];
    const store = new TargetStore(
      paths,
      (step, point) => seen.push(`${step}:${point}:${fs.existsSync(paths.target('ph_1'))}`),
      silentLog,
    );
    await store.load(NOW);
    await store.save('ph_1', target);
    expect(seen).toEqual(['saveTarget:before:false', 'saveTarget:inside:true', 'saveTarget:after:true']);
  });

  it('leave a tombstone for 30 days when they are buried, and none when the local socket set them', async () => {
    const store = await load();
    await store.save('ph_1', target);
    await store.save('ph_2', { ...target, desired: { ...desired, phoneId: 'ph_2' }, managedBy: 'local' });
    for (const phone of ['ph_1', 'ph_2']) await store.bury(phone, NOW, () => {});
    const later = await load(NOW + 29 * 86_400_000);
    expect([...later.all().keys()]).toEqual([]);
    expect(later.tombstone('ph_1')).toMatchObject({ epoch: desired.epoch, revision: 4 });
    expect(later.tombstone('ph_2')).toBeUndefined();
    expect((await load(NOW + 31 * 86_400_000)).tombstone('ph_1')).toBeUndefined();
    expect(fs.readdirSync(paths.tombstones)).toEqual([]);
  });

  it('leave nothing of a writing that a power cut ended', async () => {
    await load();
    for (const folder of [paths.targets, paths.tombstones])
      fs.writeFileSync(path.join(folder, '.ph_1.json.0123456789ab.tmp'), '{');
    await load();
    expect([paths.targets, paths.tombstones].flatMap((folder) => fs.readdirSync(folder))).toEqual([]);
  });

  it('have their tombstone before they go', async () => {
    const store = await load();
    await store.save('ph_1', target);
    await store.bury('ph_1', NOW, () => {
      expect(fs.existsSync(paths.tombstone('ph_1'))).toBe(true);
      expect(fs.existsSync(paths.target('ph_1'))).toBe(true);
    });
    expect(fs.existsSync(paths.target('ph_1'))).toBe(false);
  });

  it('lose their tombstone when the id is used again', async () => {
    const store = await load();
    await store.save('ph_1', target);
    await store.bury('ph_1', NOW, () => {});
    await store.save('ph_1', target);
    expect((await load()).tombstone('ph_1')).toBeUndefined();
  });

  // As 0.1.0 wrote them: no version, and nothing of what came later.
  const OLD = `{
  "desired": {
    "phoneId": "ph_1",
    "epoch": 1790000000001,
    "revision": 4,
    "wanted": "WANTED_RUNNING",
    "spec": {
      "imageId": "sha256:x",
      "bootProperties": {
        "androidboot.a": "b"
      }
    },
    "owner": "o",
    "name": "n",
    "createdAtMs": 1
  },
  "managedBy": "farm",
  "slot": 3,
  "fencedBy": {
    "hostId": "other",
    "epoch": 9
  }
}
`;

  it('of an older container-svc are the same targets, and of this version from then on', async () => {
    await load();
    fs.writeFileSync(paths.target('ph_1'), OLD);
    const store = await load();
    expect(store.get('ph_1')).toEqual(target);
    expect(store.condition.active).toBe(false);
    const text = fs.readFileSync(paths.target('ph_1'), 'utf8');
    expect(text).toBe(OLD.replace('{\n', '{\n  "version": 1,\n'));
    expect((await load()).get('ph_1')).toEqual(target);
    expect(fs.readFileSync(paths.target('ph_1'), 'utf8')).toBe(text);
  });

  it.each(['"2"', '-1', '0.5', 'null'])('of version %s are none', async (version) => {
    await load();
    fs.writeFileSync(paths.target('ph_1'), OLD.replace('{\n', `{\n"version": ${version},\n`));
    expect((await load()).condition.message).toContain('says version');
  });

  it('of a newer container-svc are left as they are, keep their slot, and take no wish', async () => {
    await load();
    const newer = OLD.replace('{\n', '{\n  "version": 2,\n');
    fs.writeFileSync(paths.target('ph_1'), newer);
    const store = await load();
    expect([store.get('ph_1'), store.unreadSlots]).toEqual([undefined, [3]]);
    expect(store.condition).toMatchObject({ type: 'PhonesUnread', active: true });
    expect(store.condition.message).toMatch(
      /^ph_1: .* version 2, .* reads 1; a newer container-svc wrote it/,
    );
    await expect(store.save('ph_1', target)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      field: 'version',
    });
    expect(fs.readFileSync(paths.target('ph_1'), 'utf8')).toBe(newer);
  });

  it.each([
    'not json',
    '{}',
    '{"desired":{"phoneId":"ph_1"},"managedBy":"x","slot":1}',
    '{"desired":{"phoneId":"ph_1"},"managedBy":"farm"}',
  ])('that cannot be read are neither started nor removed: %s', async (text) => {
    await load();
    fs.writeFileSync(paths.target('ph_1'), text);
    expect((await load()).get('ph_1')).toBeUndefined();
    expect(fs.readFileSync(paths.target('ph_1'), 'utf8')).toBe(text);
  });
});
