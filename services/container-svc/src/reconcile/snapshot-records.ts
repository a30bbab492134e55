import type { SnapshotRecord } from '@ancloud/contracts/state/v1/state';
import type { Identity } from '../core/observed.js';
import { readRunJson } from '../io/run-file.js';
import type { Host } from './host.js';

/** Phones of this host whose data lies on the snapshot, or is wished to. */
export function phonesOn({ targets, paths }: Host, snapshotId: string): string[] {
  return [...targets.all()].flatMap(([phone, { desired }]) => {
    if (desired.dataFrom === snapshotId) return [phone];
    // Of data that is to be made anew, as long as that has not been done.
    const identity = readRunJson<Identity>(paths.storage(phone).identity);
    return identity?.snapshotId === snapshotId ? [phone] : [];
  });
}

export function snapshotRecords(host: Host): SnapshotRecord[] {
  return host.snapshots
    .list()
    .map((snapshot) => ({ ...snapshot, users: phonesOn(host, snapshot.snapshotId).length }));
}
