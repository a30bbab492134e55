import type { Desired, SnapshotWish } from '@ancloud/contracts/common/v1/common';
import { growable } from './disk.js';
import type { Observed } from './observed.js';
import type { Decision, PlanFacts, StageName } from './plan.js';
import type { Step } from './steps.js';

/*
 * The part of the plan that is about a phone's data: a directory of its own, or an overlay over a snapshot (`data_from`); on the
 * state disk, or on a disk of the phone's own (`disk_mib`), which is mounted as long as anything stands on it.
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
  // A wish that cannot be run says nothing of the disk: it stays as it is.
  const diskMib = facts.run.ok ? facts.run.limits.diskMib : (observed.identity?.diskMib ?? 0);
  const wipe: Step = { name: 'wipeData', resets, dataFrom, diskMib };
  return planFresh(stage, desired, observed, facts) ?? step(stage, wipe);
}

/** Takes away the mounts that a phone's data is seen by; undefined when there are none. The phone is down. */
export function planUnmounted(stage: StageName, { data, disk }: Observed): Decision | undefined {
  if (data !== 'none') return step(stage, { name: 'unmountData' });
  return disk === undefined ? undefined : step(stage, { name: 'unmountDisk' });
}

/** Mounts the phone's own disk, where it has one: upper and data lie on it. */
export function planMountedDisk(stage: StageName, { identity, disk }: Observed): Decision | undefined {
  return identity?.diskMib === undefined || disk !== undefined
    ? undefined
    : step(stage, { name: 'mountDisk' });
}

/** What comes before data is made, or made anew. */
export function planFresh(
  stage: StageName,
  { dataFrom }: Desired,
  observed: Observed,
  facts: PlanFacts,
): Decision | undefined {
  const down = planUnmounted(stage, observed);
  if (down !== undefined) return down;
  if (facts.dataFromPresent) return undefined;
  return {
    kind: 'wait',
    stage: 'failed',
    reason: 'SnapshotMissing',
    message: `this host does not have the snapshot ${dataFrom}: reset the phone, or restore another`,
  };
}

/** Makes the phone's own disk larger before a boot, on hosts that cannot do so as it runs. */
export function planGrowth(observed: Observed, { run, growth }: PlanFacts): Decision | undefined {
  if (!run.ok || growth !== 'start' || !growable(observed.identity, run.limits)) return undefined;
  const { diskMib } = run.limits;
  return planUnmounted('preparing', observed) ?? step('preparing', { name: 'growDisk', diskMib });
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
  const { snapshotId, name } = wish;
  const reason = 'SnapshotPending';
  const disk = planMountedDisk(stage, observed);
  if (disk?.kind === 'step') return { ...disk, reason };
  const mounted = identity.snapshotId === undefined || data === 'mounted';
  const take: Step = { name: 'takeSnapshot', snapshotId, as: name };
  return { kind: 'step', stage, step: mounted ? take : { name: 'mountData' }, reason };
}
