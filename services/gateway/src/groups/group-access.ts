import { groupIdPattern, subjects } from '@ancloud/contracts';
import type { Bus } from '@ancloud/bus';
import type { DeleteGroupRequest, ListGroupsResponse } from '@ancloud/contracts/gateway/v1/gateway';
import type { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { owns, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { GroupStore } from './group-store.js';

export const groupNotFound = (groupId: string): AppError =>
  new AppError('GROUP_NOT_FOUND', `there is no group '${groupId}'`, {
    field: 'groupId',
    value: groupId,
    fix: 'list those there are: GET /v1/groups, or ./ancloud group ls; one that nobody changes ends after a day',
  });

export const groupChanged = (groupId: string): AppError =>
  new AppError('GROUP_CHANGED', `group ${groupId} was changed meanwhile`, {
    field: 'revision',
    fix: 'look at the group, and ask again',
  });

/** The one way to a group, after the tenant check. Errors: INVALID_ARGUMENT, GROUP_NOT_FOUND, also for one of somebody else. */
export async function loadGroup(
  store: GroupStore,
  principal: Principal,
  groupId: string,
): Promise<GroupRecord> {
  if (!groupIdPattern.test(groupId))
    throw invalid('groupId', groupId, 'groupId is not the id of a group', 'use it as it came');
  const group = await store.get(groupId);
  if (group === undefined || !owns(principal, group.owner)) throw groupNotFound(groupId);
  return group;
}

/** The caller's groups; an admin's list has everybody's. */
export async function listGroups(store: GroupStore, principal: Principal): Promise<ListGroupsResponse> {
  const groups = (await store.all()).filter(({ owner }) => owns(principal, owner));
  return { groups: groups.map((record) => ({ record, members: [], times: undefined })) };
}

/** Ends a group: input-svc lifts what its phones have down. Errors: GROUP_NOT_FOUND. */
export async function deleteGroup(
  { groups, bus }: { readonly groups: GroupStore; readonly bus: Bus },
  principal: Principal,
  { groupId }: DeleteGroupRequest,
): Promise<void> {
  await loadGroup(groups, principal, groupId);
  await groups.remove(groupId);
  bus.publish(subjects.group, { group: groupId }, { groupId });
}
