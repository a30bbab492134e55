import type { GroupJitter, GroupRecord } from '@ancloud/contracts/state/v1/state';

export const groupLimits = {
  /** Besides the master. */
  phones: 1_000,
  nameLength: 63,
  placePermille: 100,
  delayMs: 2_000,
  /** Of one tenant. */
  groups: 100,
} as const;

/** Why a group cannot be as it is wished. */
export interface Mistake {
  readonly field: string;
  readonly value: unknown;
  readonly message: string;
  readonly fix: string;
}

/** The first mistake of a group, or undefined. Pure; whose the phones are is not asked here. */
export function groupMistake({
  name,
  masterId,
  phoneIds,
  exclude,
  jitter,
}: Pick<GroupRecord, 'name' | 'masterId' | 'phoneIds' | 'exclude' | 'jitter'>): Mistake | undefined {
  if (name.length > groupLimits.nameLength)
    return {
      field: 'name',
      value: name,
      message: `name is longer than ${groupLimits.nameLength} characters`,
      fix: 'shorten it',
    };
  if (phoneIds.length === 0 || phoneIds.length > groupLimits.phones)
    return {
      field: 'phoneIds',
      value: phoneIds.length,
      message: `a group has 1-${groupLimits.phones} phones besides its master, not ${phoneIds.length}`,
      fix: phoneIds.length === 0 ? 'name phones, or labels that some have' : 'make several groups',
    };
  const twice = phoneIds.find((id, index) => phoneIds.indexOf(id) !== index);
  if (twice !== undefined)
    return { field: 'phoneIds', value: twice, message: `${twice} is named twice`, fix: 'name it once' };
  if (phoneIds.includes(masterId))
    return {
      field: 'phoneIds',
      value: masterId,
      message: 'the master leads the group and cannot follow itself',
      fix: 'leave it out of phoneIds',
    };
  const members = new Set(phoneIds);
  const stranger = exclude.find((id) => !members.has(id));
  if (stranger !== undefined)
    return {
      field: 'exclude',
      value: stranger,
      message: `${stranger} is not in the group`,
      fix: 'exclude phones of the group',
    };
  return jitterMistake(jitter);
}

/** Who is in a group once what was given has replaced what was: who has left is not excluded any more. Pure. */
export function membersAfter(
  before: Pick<GroupRecord, 'phoneIds' | 'exclude'>,
  phoneIds: readonly string[] | undefined,
  exclude: readonly string[] | undefined,
): Pick<GroupRecord, 'phoneIds' | 'exclude'> {
  const members = new Set(phoneIds ?? before.phoneIds);
  return {
    phoneIds: [...(phoneIds ?? before.phoneIds)],
    exclude: exclude === undefined ? before.exclude.filter((id) => members.has(id)) : [...exclude],
  };
}

function jitterMistake(jitter: GroupJitter | undefined): Mistake | undefined {
  for (const field of ['placePermille', 'delayMs'] as const) {
    const value = jitter?.[field] ?? 0;
    if (Number.isInteger(value) && value >= 0 && value <= groupLimits[field]) continue;
    return {
      field: `jitter.${field}`,
      value,
      message: `jitter.${field} is outside 0-${groupLimits[field]}`,
      fix: '0 means none',
    };
  }
  return undefined;
}
