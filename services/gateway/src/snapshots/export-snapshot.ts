import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import type { ClientPool } from '@ancloud/kit';
import { primed } from '../api/primed.js';
import type { Principal } from '../auth/principal.js';
import type { SnapshotAccess } from './snapshot-access.js';

const DEADLINE_MS = 60 * 60_000;

/** The bytes of a snapshot's archive. Answers after the first piece has come. Errors: SNAPSHOT_NOT_FOUND, UNAVAILABLE. */
export async function exportSnapshot(
  parts: {
    readonly snapshots: SnapshotAccess;
    readonly hosts: ClientPool<typeof ContainerServiceClient.service>;
  },
  principal: Principal,
  snapshotId: string,
): Promise<AsyncIterable<Uint8Array>> {
  const { host } = await parts.snapshots.load(principal, snapshotId);
  const client = parts.hosts.get(host.containerAddress);
  return primed(client.exportSnapshot({ snapshotId }, { deadlineMs: DEADLINE_MS }));
}
