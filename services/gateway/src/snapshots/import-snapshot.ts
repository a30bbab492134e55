import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import type { Snapshot } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError, type ClientPool } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import { requireAdmin, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { nameMistake } from '../phones/core/spec.js';
import { hostOfUpload } from '../uploads/upload-id.js';

/** Reading and hashing it once. */
const DEADLINE_MS = 30 * 60_000;

/**
 * Takes an archive that was uploaded to a host into that host's snapshots, as the caller's own. For admins, as uploads are.
 * Errors: FORBIDDEN, UPLOAD_NOT_FOUND, UPLOAD_CONFLICT, IMAGE_INVALID, DISK_FULL.
 */
export async function importSnapshot(
  parts: { readonly facts: FarmFacts; readonly hosts: ClientPool<typeof ContainerServiceClient.service> },
  principal: Principal,
  { uploadId, name }: { readonly uploadId: string; readonly name: string },
): Promise<Snapshot> {
  requireAdmin(principal, 'importing a snapshot');
  const mistake = nameMistake(name);
  if (mistake !== undefined)
    throw invalid(mistake.field, mistake.value, `${mistake.field} ${mistake.message}`, mistake.fix);
  const hostId = hostOfUpload(uploadId);
  const host = hostId === undefined ? undefined : await parts.facts.host(hostId);
  if (host === undefined)
    throw new AppError('UPLOAD_NOT_FOUND', `there is no upload '${uploadId}' on a live host`, {
      field: 'uploadId',
      value: uploadId,
      fix: 'upload the archive first',
    });
  const snapshot = await parts.hosts
    .get(host.containerAddress)
    .importSnapshot(
      { uploadId, snapshotId: newId('sn'), owner: principal.owner, name },
      { deadlineMs: DEADLINE_MS },
    );
  return { snapshot, hostId: host.hostId };
}
