import type { Desired, SnapshotWish } from '@ancloud/contracts/common/v1/common';
import type { Observed } from './observed.js';
import type { Decision, PlanFacts, StageName } from './plan.js';
import type { Step } from './steps.js';

/*
 * The part of the plan that is about a phone's data: a directory of its own, or an overlay over a snapshot (`data_from`).
 * Nothing here runs while processes of the phone do, except the snapshot of a frozen one.
 */

const step = (stage: StageName, value: Step): Decision => ({ kind: 'step', stage, step: value });

/** Data that has seen fewer resets and restores than were asked for. Data that does not exist yet is made as wished. */
export function resetDue(desired: Desired, { identity }: Observed): boolean {
  return identity !== undefined && (identity.resets ?? 0) < desired.resets;
}

/** No boot is open, and the data shall begin anew. Undefined = it need not. */
export function planReset(
  stage: StageName,
  desired: Desired,
  observed: Observed,
  facts: PlanFacts,
): Decision | undefined {
  if (!resetDue(desired, observed)) return undefined;
  const { resets, dataFrom } = desired;
  return planFresh(stage, desired, observed, facts) ?? step(stage, { name: 'wipeData', resets, dataFrom });
}

/** What comes before data is made, or made anew. */
export function planFresh(
  stage: StageName,
  { dataFrom }: Desired,
  observed: Observed,
  facts: PlanFacts,
): Decision | undefined {
  if (observed.data !== 'none') return step(stage, { name: 'unmountData' });
  if (facts.dataFromPresent) return undefined;
  return {
    kind: 'wait',
    stage: 'failed',
    reason: 'SnapshotMissing',
    message: `this host does not have the snapshot ${dataFrom}: reset the phone, or restore another`,
  };
}

/** Data that lies on a snapshot is mounted, and a clone made another phone than the one it was taken of. */
export function planMountedData({ identity, data }: Observed): Decision | undefined {
  if (identity?.snapshotId === undefined) return undefined;
  if (data !== 'mounted') return step('preparing', { name: 'mountData' });
  return identity.renew === true ? step('preparing', { name: 'renewIds' }) : undefined;
}

/** The snapshot that is asked for and was not taken yet. */
export function snapshotDue({ snapshot }: Desired, { identity }: Observed): SnapshotWish | undefined {
  return snapshot === undefined || identity?.taken === snapshot.snapshotId ? undefined : snapshot;
}

/** Takes it. The phone stands still: `stage` is stopped or paused, and it stays so. */
export function planSnapshot(
  stage: 'stopped' | 'paused',
  desired: Desired,
  observed: Observed,
): Decision | undefined {
  const wish = snapshotDue(desired, observed);
  if (wish === undefined) return undefined;
  const { identity, data } = observed;
  if (identity === undefined)
    return {
      kind: 'wait',
      stage,
      reason: 'NoData',
      message: 'there is nothing to keep: the phone has never been started',
    };
  const mounted = identity.snapshotId === undefined || data === 'mounted';
  const { snapshotId, name } = wish;
  return {
    kind: 'step',
    stage,
    step: mounted ? { name: 'takeSnapshot', snapshotId, as: name } : { name: 'mountData' },
    reason: 'SnapshotPending',
  };
}
