import type { DeletePhoneRequest, PhoneOperation } from '@ancloud/contracts/gateway/v1/gateway';
import type { Principal } from '../auth/principal.js';
import type { PhoneReactor } from '../farm/phone-reactor.js';
import { wishPhone, type WishPhoneParts } from './wish-phone.js';

/**
 * Asks for the phone and its data to go; done when the host has verified it. With `force` a lost host is not waited for:
 * the operation ends at once with a tombstone, the host removes the rest when it returns. Errors: PHONE_NOT_FOUND.
 */
export async function deletePhone(
  parts: WishPhoneParts & { readonly reactor: PhoneReactor },
  principal: Principal,
  request: DeletePhoneRequest,
): Promise<PhoneOperation> {
  const answer = await wishPhone(parts, principal, request.phoneId, 'delete');
  if (request.force) {
    const { desired, placement } = await parts.access.load(principal, request.phoneId);
    // Refused by the script while the host lives: then the ordinary way is under way.
    if (placement !== undefined) await parts.store.forceRemoval(desired, placement.hostId, parts.clock.now());
    parts.reactor.nudge(request.phoneId);
  }
  return answer;
}
