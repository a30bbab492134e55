import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import type { DeleteSnapshotRequest, DeleteSnapshotResponse } from '@ancloud/contracts/gateway/v1/gateway';
import type { ClientPool, Clock } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { hostShows } from '../farm/host-shows.js';
import type { SnapshotAccess } from './snapshot-access.js';

/**
 * Removes a snapshot from its host. It is gone when this returns, from lists as well. Errors: SNAPSHOT_NOT_FOUND, SNAPSHOT_IN_USE, UNAVAILABLE.
 */
export async function deleteSnapshot(
  parts: {
    readonly snapshots: SnapshotAccess;
    readonly hosts: ClientPool<typeof ContainerServiceClient.service>;
    readonly facts: FarmFacts;
    readonly clock: Clock;
  },
  principal: Principal,
  { snapshotId }: DeleteSnapshotRequest,
): Promise<DeleteSnapshotResponse> {
  const { host } = await parts.snapshots.load(principal, snapshotId);
  await parts.hosts.get(host.containerAddress).removeSnapshot({ snapshotId });
  await hostShows(
    parts,
    host.hostId,
    (now) => now?.snapshots.every((one) => one.snapshotId !== snapshotId) !== false,
  );
  return {};
}
