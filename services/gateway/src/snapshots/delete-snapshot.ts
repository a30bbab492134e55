import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import type { DeleteSnapshotRequest, DeleteSnapshotResponse } from '@ancloud/contracts/gateway/v1/gateway';
import type { ClientPool } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import type { SnapshotAccess } from './snapshot-access.js';

/**
 * Removes a snapshot from its host. It is gone when this returns. Errors: SNAPSHOT_NOT_FOUND, SNAPSHOT_IN_USE, UNAVAILABLE.
 */
export async function deleteSnapshot(
  parts: {
    readonly snapshots: SnapshotAccess;
    readonly hosts: ClientPool<typeof ContainerServiceClient.service>;
  },
  principal: Principal,
  { snapshotId }: DeleteSnapshotRequest,
): Promise<DeleteSnapshotResponse> {
  const { host } = await parts.snapshots.load(principal, snapshotId);
  return parts.hosts.get(host.containerAddress).removeSnapshot({ snapshotId });
}
