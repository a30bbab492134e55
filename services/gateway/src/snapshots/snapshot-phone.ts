import type { PhoneOperation, SnapshotPhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import { newId } from '../api/ids.js';
import type { Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import { nameMistake } from '../phones/core/spec.js';
import { wishPhone, type WishPhoneParts } from '../phones/wish-phone.js';

/** Asks for the data of a phone that stands still to be kept. Errors: PHONE_NOT_FOUND, PHONE_DELETING, PHONE_NOT_STILL. */
export function snapshotPhone(
  parts: WishPhoneParts,
  principal: Principal,
  { phoneId, name }: SnapshotPhoneRequest,
): Promise<PhoneOperation> {
  const mistake = nameMistake(name);
  if (mistake !== undefined)
    throw invalid(mistake.field, mistake.value, `${mistake.field} ${mistake.message}`, mistake.fix);
  return wishPhone(parts, principal, phoneId, 'snapshot', { snapshot: { snapshotId: newId('sn'), name } });
}
