import { type Condition, type Desired, type Profile, Wanted } from '@ancloud/contracts/common/v1/common';
import { type PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { toldUse } from './disk.js';
import type { ExitRecord } from './exit.js';
import type { Observed } from './observed.js';
import type { Decision, Failure, StageName } from './plan.js';
import type { Target } from './target.js';

const stages: Readonly<Record<StageName, Stage>> = {
  absent: Stage.STAGE_ABSENT,
  preparing: Stage.STAGE_PREPARING,
  created: Stage.STAGE_CREATED,
  booting: Stage.STAGE_BOOTING,
  ready: Stage.STAGE_READY,
  paused: Stage.STAGE_PAUSED,
  stopping: Stage.STAGE_STOPPING,
  stopped: Stage.STAGE_STOPPED,
  failed: Stage.STAGE_FAILED,
  removed: Stage.STAGE_REMOVED,
};

export interface StatusInput {
  readonly hostId: string;
  readonly target: Target;
  readonly observed: Observed;
  readonly decision: Decision;
  readonly address: string;
  readonly adbPort: number;
  readonly profile: Profile;
  readonly conditions: readonly Condition[];
  readonly restarts: number;
  readonly failure: Failure | undefined;
  readonly timing: { readonly pid1AfterMs: number; readonly readyAfterMs: number };
  readonly nowMs: number;
}

/** What is told of a phone: all of it follows from what was observed and decided just now. */
export function statusOf(input: StatusInput): PhoneStatus {
  const { target, observed, decision } = input;
  const { desired } = target;
  const { container } = observed;
  const exists = container.kind === 'created' || container.kind === 'running';
  const exit = 'exit' in container ? (container.exit ?? observed.last?.exit) : observed.last?.exit;
  return {
    phoneId: desired.phoneId,
    hostId: input.hostId,
    epoch: desired.epoch,
    revision: desired.revision,
    stage: stages[decision.stage],
    address: exists ? input.address : '',
    adbPort: exists ? input.adbPort : 0,
    bootId: exists ? (observed.boot?.bootId ?? '') : '',
    initPid: exists ? container.pid : 0,
    reason: decision.reason ?? '',
    message: decision.kind === 'wait' ? decision.message : '',
    conditions: [...input.conditions],
    ...(exit === undefined ? {} : { lastExit: exitOf(exit) }),
    restarts: input.restarts,
    updatedAtMs: input.nowMs,
    pid1AfterMs: exists ? Math.round(input.timing.pid1AfterMs) : 0,
    readyAfterMs: exists ? Math.round(input.timing.readyAfterMs) : 0,
    progress: observed.progress === 'none' ? '' : observed.progress,
    wanted: desired.wanted,
    profile: input.profile,
    snapshotId: observed.identity?.taken ?? '',
    diskLimitMib: observed.identity?.diskMib ?? 0,
    diskUsedMib: observed.disk === undefined ? 0 : toldUse(observed.disk),
    gamepad: observed.pad?.lives === true,
    door: exists ? observed.door : '',
    failures: input.failure?.count ?? 0,
    nextTryAtMs: decision.stage === 'failed' ? (input.failure?.notBeforeMs ?? 0) : 0,
    ...(target.managedBy === 'farm' ? { told: desired } : {}),
  };
}

/** The last word about a phone of which nothing is left. */
export function removedStatus(
  hostId: string,
  desired: Pick<Desired, 'phoneId' | 'epoch' | 'revision'>,
  nowMs: number,
): PhoneStatus {
  return {
    phoneId: desired.phoneId,
    hostId,
    epoch: desired.epoch,
    revision: desired.revision,
    stage: Stage.STAGE_REMOVED,
    address: '',
    adbPort: 0,
    bootId: '',
    initPid: 0,
    reason: '',
    message: '',
    conditions: [],
    restarts: 0,
    updatedAtMs: nowMs,
    pid1AfterMs: 0,
    readyAfterMs: 0,
    progress: '',
    wanted: Wanted.WANTED_REMOVED,
    profile: 0,
    failures: 0,
    nextTryAtMs: 0,
    snapshotId: '',
    diskLimitMib: 0,
    diskUsedMib: 0,
    gamepad: false,
    door: '',
  };
}

function exitOf(exit: ExitRecord): { code: number; signal: number; atMs: number } {
  return { code: exit.exitCode ?? -1, signal: exit.signal ?? 0, atMs: exit.atMs };
}

/** True when two statuses tell the same: then nothing is sent. */
export function sameStatus(a: PhoneStatus | undefined, b: PhoneStatus): boolean {
  if (a === undefined) return false;
  const text = (status: PhoneStatus): string =>
    JSON.stringify({ ...status, updatedAtMs: 0, message: status.message.replace(/next try in \d+ s/, '') });
  return text(a) === text(b);
}
