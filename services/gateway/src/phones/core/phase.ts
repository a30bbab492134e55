import type { Desired } from '@ancloud/contracts/common/v1/common';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import { Phase } from '@ancloud/contracts/gateway/v1/gateway';
import {
  SessionState,
  Stage,
  type Placement,
  type PhoneStatus,
  type SessionRecord,
} from '@ancloud/contracts/state/v1/state';

/** Everything that is known of one phone; each part has another writer (docs/state.md). */
export interface PhoneFacts {
  readonly desired: Desired;
  readonly placement?: Placement | undefined;
  /** Last status of the host; may answer an older epoch or revision. */
  readonly status?: PhoneStatus | undefined;
  /** False when the record of the placement's host has expired. */
  readonly hostAlive: boolean;
  readonly session?: SessionRecord | undefined;
}

export interface DerivedPhase {
  readonly phase: Phase;
  /** Stable word, empty when all is well. */
  readonly reason: string;
  /** One sentence for people, empty when there is nothing to say. */
  readonly message: string;
}

const plain = (phase: Phase): DerivedPhase => ({ phase, reason: '', message: '' });

/** While the wish is RUNNING and the host has taken it up. A phone that stopped by itself is started again. */
const running: Readonly<Record<Stage, Phase>> = {
  [Stage.STAGE_UNSPECIFIED]: Phase.PHASE_PLACING,
  [Stage.STAGE_ABSENT]: Phase.PHASE_PREPARING,
  [Stage.STAGE_PREPARING]: Phase.PHASE_PREPARING,
  [Stage.STAGE_CREATED]: Phase.PHASE_STARTING,
  [Stage.STAGE_BOOTING]: Phase.PHASE_BOOTING,
  [Stage.STAGE_READY]: Phase.PHASE_READY,
  [Stage.STAGE_STOPPING]: Phase.PHASE_STOPPING,
  [Stage.STAGE_STOPPED]: Phase.PHASE_STARTING,
  [Stage.STAGE_FAILED]: Phase.PHASE_FAILED,
  [Stage.STAGE_REMOVED]: Phase.PHASE_PREPARING,
  [Stage.STAGE_PAUSED]: Phase.PHASE_PAUSED,
  [Stage.UNRECOGNIZED]: Phase.PHASE_PLACING,
};

/** While the wish is STOPPED and the host has taken it up. */
const stopped: Readonly<Record<Stage, Phase>> = {
  [Stage.STAGE_UNSPECIFIED]: Phase.PHASE_STOPPING,
  [Stage.STAGE_ABSENT]: Phase.PHASE_STOPPED,
  [Stage.STAGE_PREPARING]: Phase.PHASE_STOPPING,
  [Stage.STAGE_CREATED]: Phase.PHASE_STOPPING,
  [Stage.STAGE_BOOTING]: Phase.PHASE_STOPPING,
  [Stage.STAGE_READY]: Phase.PHASE_STOPPING,
  [Stage.STAGE_STOPPING]: Phase.PHASE_STOPPING,
  [Stage.STAGE_STOPPED]: Phase.PHASE_STOPPED,
  [Stage.STAGE_FAILED]: Phase.PHASE_FAILED,
  [Stage.STAGE_REMOVED]: Phase.PHASE_STOPPED,
  [Stage.STAGE_PAUSED]: Phase.PHASE_STOPPING,
  [Stage.UNRECOGNIZED]: Phase.PHASE_STOPPING,
};

/**
 * The public phase of a phone. Nobody stores it, so it can never disagree with what it is made of.
 *
 * Order of the rules: a deletion hides everything else; then what keeps us from knowing (no host yet, host lost, host has
 * not answered this placement); then the stage, read by the wish. A stage that answers an older revision still tells what
 * is there, except FAILED: that verdict was on another wish.
 */
export function phaseOf(facts: PhoneFacts): DerivedPhase {
  const { desired, placement, status } = facts;
  if (desired.wanted === Wanted.WANTED_REMOVED) {
    if (placement !== undefined && !facts.hostAlive)
      return {
        phase: Phase.PHASE_DELETING,
        reason: 'HostLost',
        message: `host ${placement.hostId} does not answer; it removes the phone when it returns, or delete with force`,
      };
    return plain(Phase.PHASE_DELETING);
  }
  if (placement === undefined) return plain(Phase.PHASE_PENDING);
  if (!facts.hostAlive)
    return {
      phase: Phase.PHASE_LOST,
      reason: 'HostLost',
      message: `host ${placement.hostId} has not reported for 15 s; the phone's data is on it`,
    };
  if (status === undefined || status.epoch < placement.epoch) return plain(Phase.PHASE_PLACING);

  const current = status.revision >= desired.revision;
  if (desired.wanted === Wanted.WANTED_STOPPED) {
    if (!current && status.stage === Stage.STAGE_FAILED) return plain(Phase.PHASE_STOPPING);
    return told(stopped[status.stage], status);
  }
  if (!current && (status.stage === Stage.STAGE_FAILED || status.stage === Stage.STAGE_STOPPING))
    return plain(Phase.PHASE_STARTING);
  return told(running[status.stage], status);
}

function told(phase: Phase, status: PhoneStatus): DerivedPhase {
  return { phase, reason: status.reason, message: status.message };
}

/** True when the screen can be watched now: this boot is ready and its session takes viewers. */
export function isViewable(facts: PhoneFacts): boolean {
  const { status, session } = facts;
  return (
    phaseOf(facts).phase === Phase.PHASE_READY &&
    session?.state === SessionState.SESSION_STATE_READY &&
    // A session of the boot before is about to close.
    (session.bootId === '' || session.bootId === status?.bootId)
  );
}
