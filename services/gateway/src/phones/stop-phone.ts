import type { PhoneOperation, StopPhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { Principal } from '../auth/principal.js';
import { wishPhone, type WishPhoneParts } from './wish-phone.js';

/** Asks for the phone to stop; its data stay. Errors: PHONE_NOT_FOUND, PHONE_DELETING. */
export function stopPhone(
  parts: WishPhoneParts,
  principal: Principal,
  request: StopPhoneRequest,
): Promise<PhoneOperation> {
  return wishPhone(parts, principal, request.phoneId, 'stop');
}
