import type { Identity } from './observed.js';
import type { Refusal, Runnable } from './plan.js';
import type { RunLimits } from './run-spec.js';

/** How full a disk is. */
export interface DiskUse {
  readonly usedMib: number;
  readonly sizeMib: number;
}

/** Above so many per cent the phone is told to be short of room. */
const FULL_PERCENT = 95;
const STEPS = 100;

/**
 * When a disk may grow: as the phone runs; with its next start, where the host lacks the right to resize what is mounted
 * (CAP_SYS_RESOURCE, kernel ext4_resize_begin); or not, for want of room on the host's disk.
 */
export type Growth = 'running' | 'start' | 'noRoom';

/** A disk that is there and smaller than wished: all that can be changed with its content kept. */
export function growable(identity: Identity | undefined, { diskMib }: Pick<RunLimits, 'diskMib'>): boolean {
  return identity?.diskMib !== undefined && identity.diskMib < diskMib;
}

/** `hasRoom`: whether the host's disk has what a disk of so many MiB lacks; asked only when it matters. */
export function growthOf(
  identity: Identity | undefined,
  wish: Runnable | Refusal,
  capabilities: ReadonlySet<string>,
  hasRoom: (mib: number) => boolean,
): Growth {
  if (!wish.ok || capabilities.has('SYS_RESOURCE') || !growable(identity, wish.limits)) return 'running';
  return hasRoom(wish.limits.diskMib) ? 'start' : 'noRoom';
}

/** What a status says of it, in steps: each change of a status is sent, and a phone writes all the time. */
export function toldUse({ usedMib, sizeMib }: DiskUse): number {
  const step = Math.max(1, Math.floor(sizeMib / STEPS));
  return Math.min(sizeMib, Math.ceil(usedMib / step) * step);
}

/** A fact about a phone's disk that its owner should know, as a condition's type and message. */
export interface DiskNote {
  readonly type: 'DiskFull' | 'DiskLimitPending';
  readonly message: string;
}

const later: Readonly<Record<Growth | 'reset', string>> = {
  running: '',
  start: 'it grows with the next start, since this host may not resize what is mounted (CAP_SYS_RESOURCE)',
  noRoom: 'the host’s disk has no room for it',
  reset: 'a disk that is there only grows, anything else comes with the next factory reset',
};

/** `wished`: undefined when the wish cannot be run. */
export function diskNotes(
  identity: Identity | undefined,
  use: DiskUse | undefined,
  wished: Pick<RunLimits, 'diskMib'> | undefined,
  growth: Growth,
): DiskNote[] {
  const notes: DiskNote[] = [];
  if (use !== undefined && use.usedMib * 100 >= use.sizeMib * FULL_PERCENT)
    notes.push({
      type: 'DiskFull',
      message: `the phone’s disk of ${use.sizeMib} MiB is full to ${FULL_PERCENT} % or more: remove files in the phone, or give it more (limits.diskMib)`,
    });
  if (identity === undefined || wished === undefined) return notes;
  const { diskMib: has = 0 } = identity;
  if (has === wished.diskMib) return notes;
  const grows = growable(identity, wished);
  if (grows && growth === 'running') return notes;
  const [is, asked] = [has, wished.diskMib].map((mib) => (mib === 0 ? 'no disk of its own' : `${mib} MiB`));
  notes.push({
    type: 'DiskLimitPending',
    message: `the phone has ${is} and ${asked} is asked for: ${grows ? later[growth] : later.reset}`,
  });
  return notes;
}
