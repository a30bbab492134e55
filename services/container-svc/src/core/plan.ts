import type { Desired } from '@ancloud/contracts/common/v1/common';
import { type BootLimits, overdue } from './boot-progress.js';
import { type Ending, endingOf, type StopReason } from './exit.js';
import type { Growth } from './disk.js';
import type { LxcfsView } from './lxcfs.js';
import type { Boot, BootShape, Container, Observed } from './observed.js';
import {
  planFresh,
  planGrowth,
  planMountedData,
  planMountedDisk,
  planReset,
  planSnapshot,
  planUnmounted,
  resetDue,
} from './plan-data.js';
import { planLimits, planView } from './plan-limits.js';
import { planPad } from './pad.js';
import type { PublicPort } from './public-ports.js';
import type { RunLimits } from './run-spec.js';
import type { Step } from './steps.js';
import { fenceOf, goalOf, type Target } from './target.js';

/** What the plan may know besides the target and what was observed. Gathered by the reconciler, so that planning stays pure. */
export interface PlanFacts {
  readonly nowMs: number;
  /** How the wish wants to be run (`fingerprint`), or why it cannot be. */
  readonly run: Runnable | Refusal;
  /** The snapshot that the data shall begin from is here, or none is asked for. */
  readonly dataFromPresent: boolean;
  /** First host id of the phone's ids. */
  readonly base: number;
  /** Endings in a row that nobody wished for. */
  readonly failure: Failure | undefined;
  /** When its disk may grow. */
  readonly growth: Growth;
  /** True when this phone may boot now: boots are admitted a few at a time. */
  readonly bootSlot: boolean;
  /** Those of the wish's ports that the host grants. */
  readonly ports: readonly PublicPort[];
  /** The host's lxcfs, when it answers. */
  readonly view: LxcfsView | undefined;
  readonly limits: BootLimits;
  /** How long init may take to end by itself, ms. */
  readonly graceMs: number;
}

export interface Runnable {
  readonly ok: true;
  readonly fingerprint: string;
  readonly imageId: string;
  readonly userns: boolean;
  readonly shape: BootShape;
  readonly limits: RunLimits;
  readonly egressAllow: readonly string[];
  readonly ports: readonly PublicPort[];
}

export interface Refusal {
  readonly ok: false;
  readonly reason: string;
  readonly message: string;
}

export interface Failure {
  readonly count: number;
  readonly notBeforeMs: number;
  readonly reason: string;
  readonly message: string;
}

export type StageName =
  | 'absent'
  | 'preparing'
  | 'created'
  | 'booting'
  | 'ready'
  | 'paused'
  | 'stopping'
  | 'stopped'
  | 'failed'
  | 'removed';

export type Decision =
  | {
      readonly kind: 'step';
      readonly stage: StageName;
      readonly step: Step;
      /** Why a stage that looks like the goal is not yet what was wished. */
      readonly reason?: string;
    }
  /** Nothing to do now. `reason` is empty when the target is reached. */
  | {
      readonly kind: 'wait';
      readonly stage: StageName;
      readonly reason: string;
      readonly message: string;
      /** Look again after so long even if nobody nudges, ms. */
      readonly recheckMs?: number;
    };

const step = (stage: StageName, value: Step): Decision => ({ kind: 'step', stage, step: value });
const wait = (stage: StageName, reason = '', message = '', recheckMs?: number): Decision => ({
  kind: 'wait',
  stage,
  reason,
  message,
  ...(recheckMs === undefined ? {} : { recheckMs }),
});

/**
 * The next step from what is to what shall be. Called again after each step with a fresh observation, so a process that
 * was killed anywhere simply goes on: there is no log and no memory of how far it had come.
 */
export function plan(target: Target, observed: Observed, facts: PlanFacts): Decision {
  const goal = goalOf(target);
  if (goal === 'running') return planUp(target.desired, observed, facts);
  const down = planDown(observed, facts, 'asked', false);
  if (down !== undefined) return down;
  if (goal === 'stopped' && target.fencedBy === undefined) {
    const { desired } = target;
    const data =
      planReset('stopping', desired, observed, facts) ?? planSnapshot('stopped', desired, observed);
    if (data !== undefined) return data;
  }
  const unmount = planUnmounted('stopping', observed);
  if (unmount !== undefined) return unmount;
  if (goal === 'stopped') return wait('stopped', ...fenceOf(target));
  if (observed.runDir) return step('stopping', { name: 'removeRunDir' });
  if (observed.storage !== 'none') return step('stopping', { name: 'removeStorage' });
  return step('stopping', { name: 'buryTarget' });
}

function planUp(desired: Desired, observed: Observed, facts: PlanFacts): Decision {
  const { boot, container } = observed;
  if (boot === undefined) return planOpening(desired, observed, facts);
  const { run } = facts;
  if (container.kind === 'debris' || container.kind === 'ended') {
    const ending =
      container.lived || observed.stop !== undefined
        ? endingOf(container.exit, observed.stop?.because)
        : 'notCreated';
    return planDown(observed, facts, ending, run.ok && run.imageId === boot.imageId) ?? wait('preparing');
  }
  const changed = !run.ok || run.fingerprint !== boot.fingerprint || resetDue(desired, observed);
  const rebooting = (boot.reboots ?? 0) < desired.reboots;
  const because = observed.stop?.because ?? (changed ? 'asked' : rebooting ? 'reboot' : undefined);
  if (because !== undefined)
    return planDown(observed, facts, because, because === 'reboot') ?? wait('preparing');
  if (container.kind === 'none') {
    // Somebody took the data away under an open boot: it is made anew from the beginning.
    if (observed.storage !== 'ready')
      return planDown(observed, facts, 'notCreated', true) ?? wait('preparing');
    return planCreation(boot, observed, facts);
  }
  if (container.kind === 'created') {
    // Without its shim nobody would ever learn how it ends; it has not lived yet, so a new one costs nothing.
    if (!container.shim)
      return step('preparing', { name: 'killContainer', because: 'asked', pid: container.pid });
    return isPlugged(observed)
      ? step('created', { name: 'startContainer' })
      : step('created', { name: 'attachNetwork', pid: container.pid });
  }
  return planRunning(desired, boot, observed, facts, container);
}

/** Init may run: nothing passes by a port that is not guarded yet. */
const isPlugged = ({ network }: Observed): boolean => network === 'plugged' || network === 'attached';

/** No boot is open: may one begin? */
function planOpening(desired: Desired, observed: Observed, facts: PlanFacts): Decision {
  const leftover = planDown(observed, facts, 'notCreated', false);
  if (leftover !== undefined) return leftover;
  const { run, failure } = facts;
  const reset = planReset('preparing', desired, observed, facts);
  if (reset !== undefined) return reset;
  if (!run.ok) return wait('failed', run.reason, run.message);
  if (failure !== undefined && facts.nowMs < failure.notBeforeMs) {
    const ms = failure.notBeforeMs - facts.nowMs;
    return wait('failed', failure.reason, `${failure.message}; next try in ${Math.ceil(ms / 1_000)} s`, ms);
  }
  if (observed.storage !== 'ready') {
    const { userns, limits } = run;
    const data = { base: facts.base, dataFrom: desired.dataFrom, diskMib: limits.diskMib };
    const fresh = planFresh('preparing', desired, observed, facts);
    return fresh ?? step('preparing', { name: 'makeStorage', userns, ...data });
  }
  const { identity } = observed;
  if (identity !== undefined && identity.userns !== run.userns) {
    const [made, now] = identity.userns ? ['with', 'cannot'] : ['without', 'would'];
    return wait(
      'failed',
      'DataOwnership',
      `the phone’s data was made ${made} a user namespace and this host ${now} use one; remove and create the phone`,
    );
  }
  if (identity !== undefined && identity.imageId !== run.imageId)
    return (
      planMountedDisk('preparing', observed) ??
      step('preparing', { name: 'resetUpper', imageId: run.imageId, userns: run.userns })
    );
  const grow = planGrowth(observed, facts);
  if (grow !== undefined) return grow;
  if (!facts.bootSlot) return wait('preparing', 'BootQueued', 'other phones of this host are booting');
  const { fingerprint, imageId, userns, shape } = run;
  const as = { fingerprint, imageId, userns, shape, reboots: desired.reboots };
  return step('preparing', { name: 'openBoot', ...as });
}

/** A boot is open and no container exists. */
function planCreation(boot: Boot, observed: Observed, facts: PlanFacts): Decision {
  const { imageId, userns, shape } = boot;
  const base = observed.identity?.base ?? facts.base;
  if (!observed.image.mounted) return step('preparing', { name: 'mountImage', imageId });
  if (userns && !observed.lower) return step('preparing', { name: 'mountLower', imageId, base });
  const disk = planMountedDisk('preparing', observed);
  if (disk !== undefined) return disk;
  if (!observed.root) return step('preparing', { name: 'mountRoot', imageId, userns });
  const data = planMountedData(observed);
  if (data !== undefined) return data;
  if (shape?.binderNodes === true && observed.binder !== 'open')
    return step('preparing', { name: 'mountBinder' });
  if (shape?.propertyFile === true && !observed.propertyFile)
    return step('preparing', { name: 'writeProperties' });
  if (shape?.ipConfig === true && observed.ipConfig !== 'written')
    return step('preparing', { name: 'writeIpConfig' });
  if (shape?.pad === true && !observed.input) return step('preparing', { name: 'mountInput' });
  return step('preparing', { name: observed.bundle ? 'createContainer' : 'writeBundle' });
}

/** init was let go. */
function planRunning(
  desired: Desired,
  boot: Boot,
  observed: Observed,
  facts: PlanFacts,
  { pid, startTime, shim, freezer }: Extract<Container, { readonly kind: 'running' }>,
): Decision {
  const ready = observed.progress === 'completed';
  // A frozen boot would never be ready: it is thawed, whoever froze it.
  const pausing = ready && desired.paused;
  const stage = !ready ? 'booting' : freezer === 'frozen' ? 'paused' : 'ready';
  if (!shim) return step(stage, { name: 'adoptShim', pid, startTime });
  if (!isPlugged(observed)) return step(stage, { name: 'attachNetwork', pid });
  if (observed.network !== 'attached') return step(stage, { name: 'openNetwork' });
  if (pausing && freezer !== 'frozen') return step(stage, { name: 'pauseContainer' });
  if (!pausing && freezer !== 'thawed') return step(stage, { name: 'resumeContainer' });
  const side = planView(stage, pid, observed, facts) ?? planPad(stage, observed, facts.nowMs);
  if (ready) {
    const taking = stage === 'paused' ? planSnapshot(stage, desired, observed) : undefined;
    return taking ?? planLimits(stage, observed, facts) ?? side ?? wait(stage);
  }
  const elapsed = facts.nowMs - (observed.startedAtMs ?? boot.acceptedAtMs);
  const late = overdue(observed.progress, elapsed, facts.limits);
  if (late !== undefined)
    return step('stopping', { name: 'killContainer', because: 'bootTimeout', pid, late });
  if (side?.kind === 'step') return side;
  return wait('booting', '', `boot progress: ${observed.progress}`, 1_000);
}

/**
 * The next step of taking a boot down, `undefined` when nothing of it is left. `keepImage`: the same image is about to be
 * booted again, so its loop mount may stay.
 */
function planDown(
  observed: Observed,
  facts: PlanFacts,
  ending: Ending,
  keepImage: boolean,
): Decision | undefined {
  const { container, stop } = observed;
  const because: StopReason = ending === 'bootTimeout' || ending === 'reboot' ? ending : 'asked';
  if (container.kind === 'created')
    return step('stopping', { name: 'killContainer', because, pid: container.pid });
  if (container.kind === 'running') {
    // Frozen processes hear nothing, and with cgroup v1 not even SIGKILL ends them.
    if (container.freezer !== 'thawed') return step('stopping', { name: 'resumeContainer' });
    if (stop === undefined) return step('stopping', { name: 'askShutdown', because });
    const left = stop.atMs + facts.graceMs - facts.nowMs;
    if (left > 0 && left <= facts.graceMs)
      return wait('stopping', 'ShuttingDown', 'waiting for init to end', left);
    return step('stopping', { name: 'killContainer', because, pid: container.pid });
  }
  if (container.kind === 'debris') return step('stopping', { name: 'deleteContainer' });
  if (observed.network !== 'none') return step('stopping', { name: 'detachNetwork' });
  if (observed.root) return step('stopping', { name: 'unmountRoot' });
  if (observed.lower) return step('stopping', { name: 'unmountLower' });
  if (observed.binder !== 'none') return step('stopping', { name: 'unmountBinder' });
  if (observed.input) return step('stopping', { name: 'unmountInput' });
  if (observed.boot === undefined) return undefined;
  // Another profile may use the data next. The image may have rewritten the file: it goes whatever stands in it.
  if (observed.boot.shape?.ipConfig === true && observed.ipConfig !== 'none')
    return step('stopping', { name: 'removeIpConfig' });
  if (!keepImage && observed.image.mounted && observed.image.users === 0)
    return step('stopping', { name: 'unmountImage', imageId: observed.boot.imageId });
  return step('stopping', { name: 'closeBoot', ending: stop?.because ?? ending });
}
