import { Desired } from '@ancloud/contracts/common/v1/common';
import { AppError } from '@ancloud/kit/errors';
import type { Fence, Target } from './target.js';

/**
 * Version of all that a host keeps of a phone: its target, what stands beside its data, and the files of its boot. Raised when a
 * container-svc of before would misread what this one writes; it then leaves the phone alone. Every target says it, and is
 * written anew at the first start of a newer version, before anything is done about its phone.
 */
export const STATE_VERSION = 1;

type Raw = Readonly<Record<string, unknown>>;

/** From each version to the next. */
const migrations: readonly ((old: Raw) => Raw)[] = [
  // Files of 0.1 say no version. What they lack (reboots, resets, a disk, ports) has a default that means the same.
  (old) => old,
];

/** What the file says, and the version it was written in. Errors: MESSAGE_MALFORMED; INVALID_STATE when a newer container-svc wrote it. */
export function readTarget(value: unknown): { readonly target: Target; readonly version: number } {
  if (typeof value !== 'object' || value === null) throw malformed('is no object');
  const { version = 0 } = value as { version?: unknown };
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 0)
    throw malformed(`says version ${JSON.stringify(version)}`);
  if (version > STATE_VERSION)
    throw new AppError(
      'INVALID_STATE',
      `the target is of version ${version}, this container-svc reads ${STATE_VERSION}`,
      {
        field: 'version',
        value: String(version),
        fix: 'a newer container-svc wrote it: start that one again',
      },
    );
  const raw = migrations.slice(version).reduce<Raw>((old, migrate) => migrate(old), value as Raw);
  const { managedBy, slot, fencedBy } = raw as { managedBy?: unknown; slot?: unknown; fencedBy?: Fence };
  const desired = Desired.fromJSON(raw['desired']);
  if ((managedBy !== 'farm' && managedBy !== 'local') || typeof slot !== 'number' || desired.phoneId === '')
    throw malformed('lacks desired.phoneId, managedBy or slot');
  return { target: { desired, managedBy, slot, ...(fencedBy === undefined ? {} : { fencedBy }) }, version };
}

export function targetFile(target: Target): object {
  return { version: STATE_VERSION, ...target, desired: Desired.toJSON(target.desired) };
}

/** The slot that an unreadable target still names: its phone may run, and have the address. */
export function slotOf(value: unknown): number | undefined {
  const slot = (value as { slot?: unknown } | null | undefined)?.slot;
  return typeof slot === 'number' ? slot : undefined;
}

function malformed(what: string): AppError {
  return new AppError('MESSAGE_MALFORMED', `the target ${what}`, {
    fix: 'restore the file from a backup, or remove it: a farm tells its wish again',
  });
}
