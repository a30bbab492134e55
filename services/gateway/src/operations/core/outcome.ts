import type { Desired, ErrorDetail } from '@ancloud/contracts/common/v1/common';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import { Stage, stageToJSON, type Operation, type PhoneStatus } from '@ancloud/contracts/state/v1/state';

export const operationKinds = [
  'create',
  'start',
  'stop',
  'delete',
  'reboot',
  'reset',
  'pause',
  'resume',
  'update',
  'snapshot',
  'restore',
  'import-image',
] as const;
export type OperationKind = (typeof operationKinds)[number];

export type Outcome =
  | { readonly state: 'running' }
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly error: ErrorDetail };

/** What decides about an operation on a phone. `desired` is missing when the phone is gone. */
export interface Evidence {
  readonly desired?: Desired | undefined;
  readonly status?: PhoneStatus | undefined;
  readonly nowMs: number;
}

const done: Outcome = { state: 'done' };
const running: Outcome = { state: 'running' };

function failed(code: string, message: string, fix = ''): Outcome {
  return { state: 'failed', error: { code, message, field: '', value: '', fix } };
}

/**
 * How an operation stands. Level-triggered: the same evidence always gives the same outcome, whichever gateway looks, so
 * any of them may end it.
 *
 * It ends when the host answers this wish or a newer one (observed {epoch, revision} ≥ the operation's) with the stage that
 * was asked for; when the host gave up; when another wish took its place; or at its deadline.
 */
export function outcomeOf(operation: Operation, evidence: Evidence): Outcome {
  const { desired, status, nowMs } = evidence;
  if (operation.kind === 'import-image')
    return onTime(operation, nowMs, 'the gateway that ran the import is gone');
  if (desired === undefined)
    return operation.kind === 'delete'
      ? done
      : failed('FENCED', `phone ${operation.phoneId} was deleted meanwhile`);

  const answered =
    status !== undefined &&
    (status.epoch > operation.epoch ||
      (status.epoch === operation.epoch && status.revision >= operation.revision));
  if (operation.kind === 'delete') {
    if (answered && status.stage === Stage.STAGE_REMOVED) return done;
    return onTime(
      operation,
      nowMs,
      seen(status),
      'it goes on; look at the phone, or delete with force when its host is lost',
    );
  }

  if (operation.kind === 'snapshot') return snapshotOutcome(operation, desired, status, answered, nowMs);

  // These go with whatever is wanted else.
  const anyWish = operation.kind === 'reset' || operation.kind === 'restore' || operation.kind === 'update';
  const wish = anyWish
    ? desired.wanted
    : operation.kind === 'stop'
      ? Wanted.WANTED_STOPPED
      : Wanted.WANTED_RUNNING;
  if (wish === Wanted.WANTED_REMOVED) return failed('FENCED', `phone ${operation.phoneId} is being deleted`);
  if (desired.wanted !== wish && (desired.epoch > operation.epoch || desired.revision > operation.revision))
    return failed('FENCED', `a newer wish took the place of '${operation.kind}'`);
  // Pausing is a part of the wish that start, resume and others take back.
  const paused = operation.kind === 'pause' || (anyWish && desired.paused);
  if (desired.paused !== paused && desired.revision > operation.revision)
    return failed('FENCED', `a newer wish took the place of '${operation.kind}'`);
  if (answered) {
    const up = paused ? Stage.STAGE_PAUSED : Stage.STAGE_READY;
    const goal = wish === Wanted.WANTED_STOPPED ? Stage.STAGE_STOPPED : up;
    // A ready phone with a reason is one whose limits are not (yet) what was wished.
    const unfinished = operation.kind === 'update' && status.reason !== '';
    if (status.stage === goal && !unfinished) return done;
    if (status.stage === goal && status.reason === 'StepFailed')
      return failed('STEP_FAILED', status.message, 'the phone runs on as it was; the host keeps trying');
    if (status.stage === Stage.STAGE_FAILED)
      return failed(
        wish === Wanted.WANTED_RUNNING ? 'BOOT_FAILED' : 'STEP_FAILED',
        [status.reason, status.message].filter((part) => part !== '').join(': ') || 'the host gave up',
        `read the log of phone ${operation.phoneId}`,
      );
  }
  return onTime(operation, nowMs, seen(status));
}

/** The host tells which snapshot it has taken last; until then the wish for it must stand. */
function snapshotOutcome(
  operation: Operation,
  desired: Desired,
  status: PhoneStatus | undefined,
  answered: boolean,
  nowMs: number,
): Outcome {
  if (status !== undefined && status.snapshotId === operation.result) return done;
  if (desired.snapshot?.snapshotId !== operation.result)
    return failed('FENCED', `a newer wish took the place of 'snapshot'`);
  if (answered && (status?.reason === 'StepFailed' || status?.reason === 'NoData'))
    return failed('STEP_FAILED', status.message, 'the phone stays as it was; the host keeps trying');
  return onTime(operation, nowMs, seen(status));
}

function onTime(operation: Operation, nowMs: number, last: string, fix = ''): Outcome {
  if (nowMs < operation.deadlineMs) return running;
  const seconds = Math.round((operation.deadlineMs - operation.createdAtMs) / 1000);
  return failed('OPERATION_TIMEOUT', `'${operation.kind}' did not end within ${seconds} s: ${last}`, fix);
}

function seen(status: PhoneStatus | undefined): string {
  if (status === undefined) return 'its host has not reported the phone yet';
  const stage = stageToJSON(status.stage).replace('STAGE_', '').toLowerCase();
  const progress = status.progress === '' ? '' : ` (${status.progress})`;
  const reason = status.reason === '' ? '' : `, ${status.reason}: ${status.message}`;
  return `last seen ${stage}${progress}${reason}`;
}
