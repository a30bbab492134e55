import { Stage } from '@ancloud/contracts/state/v1/state';
import type { PhoneStatus } from '@ancloud/contracts/state/v1/state';

/** What a phone's status asks of its session. `boot` tells whether `sys.boot_completed` is 1. */
export type SessionWish =
  | { readonly wish: 'attach'; readonly booted: boolean }
  /** The phone is frozen: what is attached to this boot stays so, and asks nothing of it. */
  | { readonly wish: 'hold' }
  /** Between two states that matter: whatever there is stays. */
  | { readonly wish: 'keep' }
  | { readonly wish: 'close'; readonly reason: string };

/** Port of an adbd that its host does not name. */
export const ADB_PORT = 5_555;

/** @param hostId the host this service serves */
export function sessionWish(status: PhoneStatus, hostId: string): SessionWish {
  if (status.hostId !== hostId) return { wish: 'close', reason: `the phone moved to host ${status.hostId}` };
  switch (status.stage) {
    case Stage.STAGE_BOOTING:
    case Stage.STAGE_READY:
      // A boot that cannot be told from another, or reached, is no boot to attach to yet.
      if (status.address === '' || status.bootId === '') return { wish: 'keep' };
      return { wish: 'attach', booted: status.stage === Stage.STAGE_READY };
    case Stage.STAGE_PAUSED:
      return { wish: 'hold' };
    case Stage.STAGE_UNSPECIFIED:
      return { wish: 'keep' };
    default:
      return { wish: 'close', reason: `the phone is ${stageWord(status.stage)}` };
  }
}

function stageWord(stage: Stage): string {
  const words: Partial<Record<Stage, string>> = {
    [Stage.STAGE_ABSENT]: 'absent',
    [Stage.STAGE_PREPARING]: 'being prepared',
    [Stage.STAGE_CREATED]: 'created, not started',
    [Stage.STAGE_STOPPING]: 'stopping',
    [Stage.STAGE_STOPPED]: 'stopped',
    [Stage.STAGE_FAILED]: 'failed',
    [Stage.STAGE_REMOVED]: 'removed',
  };
  return words[stage] ?? 'not running';
}

/** True when `next` is not older than what was seen: facts may overtake each other. */
export function isNewer(next: PhoneStatus, seen: PhoneStatus | undefined): boolean {
  if (seen === undefined) return true;
  if (next.epoch !== seen.epoch) return next.epoch > seen.epoch;
  return next.updatedAtMs >= seen.updatedAtMs;
}
