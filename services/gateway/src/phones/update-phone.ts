import { PhoneSpec } from '@ancloud/contracts/common/v1/common';
import type { PhoneOperation, UpdatePhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError } from '@ancloud/kit';
import { profileWord } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { gamepadUnavailable, invalid, phoneChanged } from '../errors.js';
import { anew } from '../farm/anew.js';
import type { FarmFacts, PhoneView } from '../farm/farm-facts.js';
import { newOperation } from '../operations/new-operation.js';
import { patchedSpec } from './core/patch.js';
import { portsRefusal } from './core/host-ports.js';
import { phoneFrom } from './phone-access.js';
import { refusals, type WishPhoneParts } from './wish-phone.js';

/**
 * Changes parts of a phone's spec, under the revision that was read. Errors: PHONE_NOT_FOUND, PHONE_DELETING,
 * INVALID_ARGUMENT, IMAGE_NOT_FOUND, PROFILE_CHANGE, HOST_PORT_TAKEN, HOST_PORT_REFUSED, FENCED.
 */
export async function updatePhone(
  parts: WishPhoneParts & { readonly facts: FarmFacts },
  principal: Principal,
  request: UpdatePhoneRequest,
): Promise<PhoneOperation> {
  const { phoneId } = request;
  const changed = await anew(async () => {
    const view = await parts.access.load(principal, phoneId);
    const { owner, revision } = view.desired;
    const spec = await specFor(parts.facts, view, request);
    const operation = newOperation('update', { phoneId, owner }, parts.clock.now());
    const result = await parts.store.wish(phoneId, { spec, revision }, operation);
    if (result.result === 'changed') return 'changed';
    if (result.result !== 'wished') throw refusals[result.result](phoneId);
    if (view.placement !== undefined) parts.nudge.host(view.placement.hostId, result.desired);
    parts.finisher.tell(result.operation);
    return { phone: phoneFrom({ ...view, desired: result.desired }), operation: result.operation };
  });
  if (changed === undefined) throw phoneChanged(phoneId);
  return changed;
}

async function specFor(
  facts: FarmFacts,
  { desired, placement }: PhoneView,
  { spec, fields, allowProfileChange }: UpdatePhoneRequest,
): Promise<PhoneSpec> {
  const present = desired.spec ?? PhoneSpec.fromPartial({});
  const patched = patchedSpec(present, spec ?? PhoneSpec.fromPartial({}), fields);
  if ('mistake' in patched) {
    const { field, value, message, fix } = patched.mistake;
    throw invalid(field, value, `${field} ${message}`, fix);
  }
  const next = patched.spec;
  const host = placement === undefined ? undefined : await facts.host(placement.hostId);
  // A lost host is asked when it returns; then it says itself what it cannot do.
  if (host === undefined) return next;
  if ((next.limits?.memoryMib ?? 0) > host.memoryMib)
    throw invalid(
      'spec.limits.memoryMib',
      next.limits?.memoryMib,
      `host ${host.hostId} has ${host.memoryMib} MiB`,
      'ask for less',
    );
  if (next.gamepad && !present.gamepad && !host.gamepads)
    throw gamepadUnavailable(`host ${host.hostId}, where the phone lives, has no uinput`);
  const ports = portsRefusal(next.ports, host, desired.phoneId);
  if (ports !== undefined)
    throw new AppError(
      ports.why === 'port-taken' ? 'HOST_PORT_TAKEN' : 'HOST_PORT_REFUSED',
      `host ${host.hostId}, where the phone lives: ${ports.words}`,
      { field: 'spec.ports', value: String(ports.hostPort), fix: 'ask for another port of the host' },
    );
  if (next.imageId === present.imageId) return next;
  const [before, after] = [present.imageId, next.imageId].map((id) =>
    host.images.find(({ imageId }) => imageId === id),
  );
  if (after === undefined)
    throw new AppError(
      'IMAGE_NOT_FOUND',
      `host ${host.hostId}, where the phone lives, does not have the image`,
      {
        field: 'spec.imageId',
        value: next.imageId,
        fix: 'import it on that host first',
      },
    );
  if (before !== undefined && before.profile !== after.profile && !allowProfileChange)
    throw new AppError(
      'PROFILE_CHANGE',
      `the image is of profile ${profileWord(after.profile)}, the phone's data of ${profileWord(before.profile)}`,
      {
        field: 'spec.imageId',
        value: next.imageId,
        fix: 'create another phone, or set allowProfileChange and mind that its data may be of no use',
      },
    );
  return next;
}
