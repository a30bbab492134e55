import type { Group } from '@ancloud/contracts/gateway/v1/gateway';
import { groupMember_StateToJSON } from '@ancloud/contracts/input/v1/input';
import { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { time } from '../api/public-json.js';

/* REST's spelling of groups, by the rule of public-json.ts. */

export function groupJson({ record }: Group) {
  const group = record ?? GroupRecord.fromPartial({});
  return {
    groupId: group.groupId,
    name: group.name,
    masterId: group.masterId,
    viewerId: group.viewerId,
    phoneIds: group.phoneIds,
    exclude: group.exclude,
    jitter: {
      place: (group.jitter?.placePermille ?? 0) / 1_000,
      delayMs: group.jitter?.delayMs ?? 0,
    },
    createdAt: time(group.createdAtMs),
    updatedAt: time(group.updatedAtMs),
    revision: group.revision,
  };
}

export function groupStateJson(group: Group) {
  const known = new Map(group.members.map((member) => [member.phoneId, member]));
  const excluded = new Set(group.record?.exclude);
  const members = (group.record?.phoneIds ?? []).map((phoneId) => {
    const member = known.get(phoneId);
    const state =
      member === undefined
        ? 'unserved'
        : groupMember_StateToJSON(member.state).replace('STATE_', '').toLowerCase();
    return {
      phoneId,
      state: excluded.has(phoneId) ? 'excluded' : state,
      followed: member?.followed ?? 0,
      refused: member?.refused ?? 0,
    };
  });
  return { ...groupJson(group), members, times: group.times ?? null };
}
