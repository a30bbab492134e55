import type { PhoneOperation, RebootPhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { Principal } from '../auth/principal.js';
import { wishPhone, type WishPhoneParts } from './wish-phone.js';

/** Asks for the phone's boot to end as by Android's own reboot and for another. Errors: PHONE_NOT_FOUND, PHONE_DELETING, PHONE_NOT_RUNNING. */
export function rebootPhone(
  parts: WishPhoneParts,
  principal: Principal,
  request: RebootPhoneRequest,
): Promise<PhoneOperation> {
  return wishPhone(parts, principal, request.phoneId, 'reboot');
}
