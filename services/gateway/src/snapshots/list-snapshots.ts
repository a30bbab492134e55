import type { ListSnapshotsResponse } from '@ancloud/contracts/gateway/v1/gateway';
import { isAdmin, type Principal } from '../auth/principal.js';
import type { SnapshotAccess } from './snapshot-access.js';

/** The caller's snapshots, newest first. Which host has one is for admins. */
export async function listSnapshots(
  access: SnapshotAccess,
  principal: Principal,
): Promise<ListSnapshotsResponse> {
  const found = await access.list(principal);
  const seesHosts = isAdmin(principal);
  return {
    snapshots: found.map(({ snapshot, host }) => ({ snapshot, hostId: seesHosts ? host.hostId : '' })),
  };
}
