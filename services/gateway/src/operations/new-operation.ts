import { Operation, OperationState } from '@ancloud/contracts/state/v1/state';
import { newId } from '../api/ids.js';
import type { OperationKind } from './core/outcome.js';

/** How long each kind may take, ms. An import's deadline moves on with its progress. */
export const deadlineMs: Readonly<Record<OperationKind, number>> = {
  create: 120_000,
  start: 120_000,
  stop: 60_000,
  delete: 120_000,
  reboot: 180_000,
  reset: 180_000,
  pause: 120_000,
  resume: 60_000,
  update: 180_000,
  // Reads and packs all of the data.
  snapshot: 1_800_000,
  restore: 180_000,
  'import-image': 60_000,
};

/** A running operation; epoch and revision are filled in by the script that writes the wish. */
export function newOperation(
  kind: OperationKind,
  about: { readonly phoneId?: string; readonly owner: string; readonly result?: string },
  nowMs: number,
): Operation {
  return Operation.fromPartial({
    operationId: newId('op'),
    kind,
    phoneId: about.phoneId ?? '',
    owner: about.owner,
    // What it will have made, when that is known beforehand.
    result: about.result ?? '',
    state: OperationState.OPERATION_STATE_RUNNING,
    createdAtMs: nowMs,
    deadlineMs: nowMs + deadlineMs[kind],
  });
}
