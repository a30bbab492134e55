import fs from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';
import { leftoversOf, nothing } from '../harness/leftovers.js';

interface Snapshot {
  readonly snapshotId: string;
  readonly name: string;
  readonly phoneId: string;
  readonly sha256: string;
  readonly users: number;
}

const farm = new Farm(inject('farm'));
const made = new Set<string>();
afterAll(async () => {
  for (const phoneId of made) await farm.delete(phoneId);
});

const ask = async (id: string, verb: string, body: object = {}): Promise<Operation> => {
  const { operation } = await farm.api<{ operation: Operation }>('POST', `/v1/phones/${id}/${verb}`, body);
  return farm.wait(operation);
};
const shell = async (id: string, command: string): Promise<string> => (await farm.shell(id, command)).trim();
const listed = async (): Promise<readonly Snapshot[]> =>
  (await farm.api<{ snapshots: Snapshot[] }>('GET', '/v1/snapshots')).snapshots;

/** Runs the CLI; what it printed. */
async function cli(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await farm.cli(args);
  if (code !== 0) throw new Error(`ancloud ${args.join(' ')}: ${code} ${stderr}`);
  return stdout.trim();
}

/** A clone whose session is ready. */
async function clone(snapshotId: string): Promise<Phone> {
  const phoneId = await cli('phone', 'clone', snapshotId);
  made.add(phoneId);
  return farm.viewable(phoneId);
}

async function gone(phoneId: string): Promise<void> {
  await farm.delete(phoneId);
  made.delete(phoneId);
  const left = leftoversOf(farm.address, phoneId);
  expect(left, JSON.stringify(left)).toSatisfy(nothing);
}

describe('a snapshot', () => {
  it('of a paused phone makes phones that have what it had, and live apart from it', async () => {
    const { phoneId } = await farm.create({}, 'origin');
    made.add(phoneId);
    await farm.viewable(phoneId);
    await shell(phoneId, 'mkdir -p /data/local/tmp/mine/folder');
    await shell(phoneId, 'touch /data/local/tmp/mine/folder/kept');

    const refused = await farm.call('POST', `/v1/phones/${phoneId}/snapshots`, {});
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      409,
      'PHONE_NOT_STILL',
    ]);
    await ask(phoneId, 'pause');
    const snapshotId = await cli('phone', 'snapshot', phoneId, '--name', 'first');
    expect((await farm.phone(phoneId)).phase).toBe('paused');
    await ask(phoneId, 'resume');
    await eventually(async () => {
      const found = (await listed()).find((one) => one.snapshotId === snapshotId);
      if (found === undefined) throw new NotYet('it is not listed');
      expect(found).toMatchObject({ name: 'first', phoneId, users: 0 });
      expect(found.sha256).toMatch(/^[0-9a-f]{64}$/);
    });

    const copy = await clone(snapshotId);
    expect(copy).toMatchObject({ dataFrom: snapshotId, spec: { imageId: await farm.image() } });
    expect(await shell(copy.phoneId, 'ls /data/local/tmp/mine/folder')).toBe('kept');
    // Owned by the clone's own ids, and of a directory of the snapshot: both need the overlay to be laid right.
    await shell(copy.phoneId, 'mv /data/local/tmp/mine/folder /data/local/tmp/mine/moved');
    await shell(copy.phoneId, 'rm /data/local/tmp/mine/moved/kept');
    expect(await shell(copy.phoneId, 'ls /data/local/tmp/mine')).toBe('moved');
    expect(await shell(phoneId, 'ls /data/local/tmp/mine/folder')).toBe('kept');

    // What lies on it keeps it; a stopped phone too.
    await farm.stop(copy.phoneId);
    const inUse = await farm.cli(['--json', 'snapshot', 'rm', snapshotId]);
    expect(inUse.code).not.toBe(0);
    expect(inUse.stdout + inUse.stderr).toContain('SNAPSHOT_IN_USE');

    // A snapshot of a clone stands alone: it needs neither the clone nor the snapshot below.
    const second = (await ask(copy.phoneId, 'snapshots')).result;
    await gone(copy.phoneId);
    await cli('snapshot', 'rm', snapshotId);
    expect((await farm.call('DELETE', `/v1/snapshots/${snapshotId}`)).status).toBe(404);
    // As a file it moves to another host; here to the same one, where both share their bytes until one of them goes.
    const file = path.join(farm.address.home, 'moved.snapshot');
    await cli('snapshot', 'export', second, file);
    const moved = await cli('snapshot', 'import', file, '--name', 'moved');
    await eventually(async () => {
      const digests = (await listed())
        .filter(({ snapshotId }) => snapshotId === second || snapshotId === moved)
        .map(({ sha256 }) => sha256);
      if (digests.length !== 2) throw new NotYet(`${digests.length} of the two are listed`);
      expect(new Set(digests).size).toBe(1);
    });
    await cli('snapshot', 'rm', moved);
    fs.truncateSync(file, 100);
    expect((await farm.cli(['snapshot', 'import', file])).stderr).toContain('IMAGE_INVALID');
    const third = await clone(second);
    expect(await shell(third.phoneId, 'ls /data/local/tmp/mine')).toBe('moved');

    // Back to what somebody else had, and back to nothing.
    await cli('phone', 'restore', phoneId, second);
    await farm.viewable(phoneId);
    expect(await shell(phoneId, 'ls /data/local/tmp/mine')).toBe('moved');
    await ask(phoneId, 'reset');
    await farm.viewable(phoneId);
    expect(await shell(phoneId, 'ls /data/local/tmp')).not.toContain('mine');
    expect((await farm.phone(phoneId)).phase).toBe('ready');

    await gone(third.phoneId);
    await gone(phoneId);
    await cli('snapshot', 'rm', second);
    expect(await listed()).toEqual([]);
  });
});
