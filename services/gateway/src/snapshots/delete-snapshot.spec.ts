import { HostRecord, SnapshotRecord } from '@ancloud/contracts/state/v1/state';
import { ManualClock } from '@ancloud/testkit';
import { expect, it } from 'vitest';
import { deleteSnapshot } from './delete-snapshot.js';

type Parts = Parameters<typeof deleteSnapshot>[0];
const admin: Parameters<typeof deleteSnapshot>[1] = { owner: 'admin', roles: ['admin'], via: 'key' };
const snapshot = SnapshotRecord.fromPartial({ snapshotId: 'sn_1' });
const host = HostRecord.fromPartial({ hostId: 'host-1', snapshots: [snapshot] });

/** Deletes at a host whose record is first `shown`, and another one after half a second; answers the clock's ms when that was done. */
async function deleted(shown: HostRecord, later: HostRecord | undefined): Promise<number> {
  const clock = new ManualClock();
  const began = clock.monotonic();
  const over: unknown[] = [];
  const parts = {
    clock,
    facts: { host: async () => (clock.monotonic() - began < 500 ? shown : later) },
    snapshots: { load: async () => ({ snapshot, host }) },
    hosts: { get: () => ({ removeSnapshot: async () => ({}) }) },
  } as unknown as Parts;
  const done = deleteSnapshot(parts, admin, { snapshotId: 'sn_1' }).then((answer) => over.push(answer));
  while (over.length === 0 && clock.monotonic() - began < 20_000) await clock.advance(100);
  await done;
  return clock.monotonic() - began;
}

it('has returned when the host lists it no more, is lost, or has not said so for longer than a heartbeat', async () => {
  const without = { ...host, snapshots: [] };
  expect(await deleted(without, without)).toBeLessThan(500);
  expect(await deleted(host, without)).toBeGreaterThanOrEqual(500);
  expect(await deleted(host, undefined)).toBeLessThan(1_000);
  const never = await deleted(host, host);
  expect(never).toBeGreaterThanOrEqual(5_000);
  expect(never).toBeLessThan(10_000);
});
