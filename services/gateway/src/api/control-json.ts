import type { Control, PhoneViewer } from '@ancloud/contracts/gateway/v1/gateway';
import type { ControlAudit } from '@ancloud/contracts/state/v1/state';
import { roleWord, time } from './public-json.js';

/* REST's spelling of what concerns viewers and controls, by the rule of public-json.ts. */

export function phoneViewerJson(viewer: PhoneViewer) {
  return {
    viewerId: viewer.viewerId,
    name: viewer.name,
    role: roleWord(viewer.role),
    joinedAt: time(viewer.joinedAtMs),
    connected: viewer.connected,
    invitedUntil: time(viewer.invitedUntilMs),
    iceState: viewer.iceState,
    transport: viewer.transport,
    layer: viewer.layer,
    pinned: viewer.pinned,
    hears: viewer.hears,
    availableBps: viewer.availableBps,
    mediaId: viewer.mediaId,
    holdsControl: viewer.holdsControl,
    experience: viewer.experience ?? null,
  };
}

export function controlJson(control: Control) {
  return {
    phoneId: control.phoneId,
    viewerId: control.viewerId,
    role: control.viewerId === '' ? '' : roleWord(control.role),
    fence: control.fence,
    since: time(control.sinceMs),
    asking: control.asking,
  };
}

export function controlAuditJson(line: ControlAudit) {
  return {
    at: time(line.atMs),
    what: line.what,
    viewerId: line.viewerId,
    viewerName: line.viewerName,
    role: roleWord(line.role),
    how: line.how,
    inputs: line.inputs,
  };
}
