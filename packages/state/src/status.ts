import { records } from '@ancloud/contracts';
import type { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { type FencedWrite, recordsOf } from './records.js';
import type { State } from './state.js';

/**
 * Writes what a host has observed of a phone, unless the status that stands answers a newer {epoch, revision}: a host that
 * was asleep while its phone was placed elsewhere cannot overwrite the new host's word. Writer: container-svc.
 */
export function writeStatus(state: State, status: PhoneStatus): Promise<FencedWrite> {
  return recordsOf(state, records.status).writeFenced({ phone: status.phoneId }, status);
}
