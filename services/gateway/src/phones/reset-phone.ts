import type { PhoneOperation, ResetPhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { Principal } from '../auth/principal.js';
import { wishPhone, type WishPhoneParts } from './wish-phone.js';

/** Asks for a factory reset. Errors: PHONE_NOT_FOUND, PHONE_DELETING. */
export function resetPhone(
  parts: WishPhoneParts,
  principal: Principal,
  request: ResetPhoneRequest,
): Promise<PhoneOperation> {
  return wishPhone(parts, principal, request.phoneId, 'reset');
}
