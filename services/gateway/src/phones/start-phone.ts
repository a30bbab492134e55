import type { PhoneOperation, StartPhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { Principal } from '../auth/principal.js';
import { wishPhone, type WishPhoneParts } from './wish-phone.js';

/** Asks for the phone to run. Errors: PHONE_NOT_FOUND, PHONE_DELETING. */
export function startPhone(
  parts: WishPhoneParts,
  principal: Principal,
  request: StartPhoneRequest,
): Promise<PhoneOperation> {
  return wishPhone(parts, principal, request.phoneId, 'start');
}
