import { idPattern, roleOf } from '@ancloud/contracts';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { Control, GetControlRequest, GrantControlRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { ControlView } from '@ancloud/contracts/input/v1/input';
import { AppError } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import { invalid, viewerNotFound } from '../errors.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import type { ViewerStore } from '../viewers/viewer-store.js';
import type { Inputs } from './inputs.js';

/** Who holds the controls now, as the input-svc that serves the phone knows it. Errors: PHONE_NOT_FOUND, SESSION_NOT_READY. */
export async function getControl(
  parts: { readonly access: PhoneAccess; readonly inputs: Inputs },
  principal: Principal,
  { phoneId }: GetControlRequest,
): Promise<Control> {
  await parts.access.load(principal, phoneId);
  const input = await parts.inputs.of(phoneId);
  return controlFrom(phoneId, await input.getControl({ phoneId }));
}

/**
 * Gives the controls to a viewer of the phone, or takes them from everybody. Errors: PHONE_NOT_FOUND, SESSION_NOT_READY,
 * VIEWER_NOT_FOUND, FORBIDDEN for a watcher.
 */
export async function grantControl(
  parts: { readonly access: PhoneAccess; readonly inputs: Inputs; readonly viewers: ViewerStore },
  principal: Principal,
  { phoneId, viewerId }: GrantControlRequest,
): Promise<Control> {
  await parts.access.load(principal, phoneId);
  let role: Role = Role.ROLE_UNSPECIFIED;
  if (viewerId !== '') {
    if (!idPattern.test(viewerId))
      throw invalid('viewerId', viewerId, 'viewerId is not the id of a viewer', 'use it as it came');
    const viewer = (await parts.viewers.list(phoneId)).find((one) => one.viewer === viewerId);
    if (viewer?.connected !== true) throw viewerNotFound(viewerId);
    if (viewer.role === 'watch')
      throw new AppError('FORBIDDEN', `viewer ${viewerId} only watches`, {
        field: 'viewerId',
        value: viewerId,
        fix: "let it in by a new viewer with role 'control'",
      });
    role = roleOf(viewer.role);
  }
  const input = await parts.inputs.of(phoneId);
  return controlFrom(phoneId, await input.grantControl({ phoneId, viewerId, role, by: principal.owner }));
}

function controlFrom(phoneId: string, { record, asking }: ControlView): Control {
  const { viewerId = '', role = Role.ROLE_UNSPECIFIED, fence = 0, updatedAtMs = 0 } = record ?? {};
  return { phoneId, viewerId, role, fence, sinceMs: updatedAtMs, asking };
}
