import type { PhoneOperation, RestorePhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import { wishPhone, type WishPhoneParts } from '../phones/wish-phone.js';
import { sameProfile, type SnapshotAccess } from './snapshot-access.js';

/**
 * Asks for the phone's data to be replaced by a snapshot's. Errors: PHONE_NOT_FOUND, PHONE_DELETING, SNAPSHOT_NOT_FOUND,
 * SNAPSHOT_ELSEWHERE, PROFILE_CHANGE.
 */
export async function restorePhone(
  parts: WishPhoneParts & { readonly snapshots: SnapshotAccess },
  principal: Principal,
  { phoneId, snapshotId }: RestorePhoneRequest,
): Promise<PhoneOperation> {
  const { desired, placement } = await parts.access.load(principal, phoneId);
  const found = await parts.snapshots.load(principal, snapshotId);
  if (placement?.hostId !== found.host.hostId)
    throw new AppError(
      'SNAPSHOT_ELSEWHERE',
      `the snapshot ${snapshotId} is on another host than ${phoneId}`,
      {
        field: 'snapshotId',
        value: snapshotId,
        fix: 'clone it into a new phone, which is placed where the snapshot is',
      },
    );
  sameProfile(found, desired.spec?.imageId ?? '');
  return wishPhone(parts, principal, phoneId, 'restore', { dataFrom: snapshotId });
}
