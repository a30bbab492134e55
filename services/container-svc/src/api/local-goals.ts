import { type PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';

/* When a call on the local socket has its answer. */

/** Reasons for which waiting longer would not help. */
const FINAL = new Set([
  'SpecInvalid',
  'ImageMissing',
  'ProfileUnknown',
  'NoBinder',
  'NoBinderNode',
  'NoGpu',
  'NoSharedMemory',
  'NoUinput',
  'SelinuxRefuses',
  'VsockExposed',
  'DataOwnership',
  'SnapshotMissing',
]);
/** Starts that failed in a row before the caller is told. */
const TRIES = 2;

/** True at the goal. Errors: BOOT_FAILED when the phone cannot get there, or has failed often enough to say so. */
export const up =
  (doing: string, goal: Stage) =>
  ({ phoneId, stage, reason, message, restarts }: PhoneStatus): boolean => {
    if (stage !== Stage.STAGE_FAILED || (!FINAL.has(reason) && restarts < TRIES))
      return stage === goal && reason === '';
    throw new AppError('BOOT_FAILED', `${doing} ${phoneId}: ${reason}: ${message}`, {
      field: 'phone_id',
      value: phoneId,
    });
  };

/** True when the snapshot was taken. Errors: STEP_FAILED with the reason; the host goes on trying. */
export function kept({ phoneId, stage, reason, message }: PhoneStatus): boolean {
  if (reason === 'StepFailed' || reason === 'NoData')
    throw new AppError('STEP_FAILED', `keeping the data of ${phoneId}: ${message}`, {
      field: 'phone_id',
      value: phoneId,
    });
  return (stage === Stage.STAGE_STOPPED || stage === Stage.STAGE_PAUSED) && reason === '';
}
