import type { PhoneOperation, PausePhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { Principal } from '../auth/principal.js';
import { wishPhone, type WishPhoneParts } from './wish-phone.js';

/** Asks for the phone to be frozen. Errors: PHONE_NOT_FOUND, PHONE_DELETING, PHONE_NOT_RUNNING. */
export function pausePhone(
  parts: WishPhoneParts,
  principal: Principal,
  request: PausePhoneRequest,
): Promise<PhoneOperation> {
  return wishPhone(parts, principal, request.phoneId, 'pause');
}
