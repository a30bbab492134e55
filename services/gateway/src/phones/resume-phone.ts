import type { PhoneOperation, ResumePhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { Principal } from '../auth/principal.js';
import { wishPhone, type WishPhoneParts } from './wish-phone.js';

/** Asks for a paused phone to go on. Errors: PHONE_NOT_FOUND, PHONE_DELETING, PHONE_NOT_RUNNING. */
export function resumePhone(
  parts: WishPhoneParts,
  principal: Principal,
  request: ResumePhoneRequest,
): Promise<PhoneOperation> {
  return wishPhone(parts, principal, request.phoneId, 'resume');
}
