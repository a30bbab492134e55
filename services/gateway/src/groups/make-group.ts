import type { Bus } from '@ancloud/bus';
import { idPattern, subjects } from '@ancloud/contracts';
import type { CreateGroupRequest, Group, UpdateGroupRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type Clock } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import { owns, type Principal } from '../auth/principal.js';
import { invalid, phoneNotFound, viewerNotFound } from '../errors.js';
import { anew } from '../farm/anew.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import type { ViewerStore } from '../viewers/viewer-store.js';
import { groupLimits, groupMistake, membersAfter } from './core/group-members.js';
import { groupChanged, groupNotFound, loadGroup } from './group-access.js';
import type { GroupStore } from './group-store.js';

interface Parts {
  readonly groups: GroupStore;
  readonly access: PhoneAccess;
  readonly viewers: ViewerStore;
  readonly facts: FarmFacts;
  readonly bus: Bus;
  readonly clock: Clock;
}

/**
 * Makes phones follow a master. Each of them has to be the caller's: whoever leads then touches all of them.
 * Errors: INVALID_ARGUMENT, PHONE_NOT_FOUND, VIEWER_NOT_FOUND, FORBIDDEN for a watcher, QUOTA_EXCEEDED.
 */
export async function createGroup(
  parts: Parts,
  principal: Principal,
  request: CreateGroupRequest,
): Promise<Group> {
  const { name, masterId, viewerId, exclude, jitter } = request;
  await parts.access.load(principal, masterId, 'masterId');
  if (viewerId !== '') await leads(parts, principal, masterId, viewerId);
  const phoneIds = request.phoneIds.length > 0 ? request.phoneIds : await labelled(parts, principal, request);
  check({ name, masterId, phoneIds, exclude, jitter });
  await Promise.all(phoneIds.map((phoneId) => parts.access.load(principal, phoneId, 'phoneIds')));
  const mine = (await parts.groups.all()).filter(({ owner }) => owner === principal.owner);
  if (mine.length >= groupLimits.groups)
    throw new AppError('QUOTA_EXCEEDED', `there are ${groupLimits.groups} groups already`, {
      fix: 'end one first: DELETE /v1/groups/{groupId}',
    });
  const now = parts.clock.now();
  const record: GroupRecord = {
    groupId: newId('gr'),
    owner: principal.owner,
    name,
    masterId,
    viewerId,
    phoneIds,
    exclude,
    jitter,
    createdAtMs: now,
    updatedAtMs: now,
    revision: 1,
  };
  await parts.groups.put(record);
  return told(parts, record);
}

/**
 * Changes what is given; the group stands for another day. Each phone that joins has to be the caller's, and of the owner of a group that is
 * somebody else's: an admin gives nobody the phones of others. What others change meanwhile stays; where the caller has named the revision
 * that it saw, nobody may have. Errors: INVALID_ARGUMENT, GROUP_NOT_FOUND, PHONE_NOT_FOUND, GROUP_CHANGED.
 */
export async function updateGroup(
  parts: Parts,
  principal: Principal,
  request: UpdateGroupRequest,
): Promise<Group> {
  const { groupId, revision } = request;
  const record = await anew(async () => {
    const before = await loadGroup(parts.groups, principal, groupId);
    if (revision !== undefined && revision !== before.revision) throw groupChanged(groupId);
    const after = await changed(parts, principal, before, request);
    const put = await parts.groups.put(after, before.revision);
    if (put === 'gone') throw groupNotFound(groupId);
    return put === 'written' ? after : put;
  });
  if (record === undefined) throw groupChanged(groupId);
  return told(parts, record);
}

async function changed(
  { access, clock }: Parts,
  principal: Principal,
  before: GroupRecord,
  { name, phoneIds, exclude, jitter }: UpdateGroupRequest,
): Promise<GroupRecord> {
  const record: GroupRecord = {
    ...before,
    ...membersAfter(before, phoneIds?.phoneIds, exclude?.phoneIds),
    name: name ?? before.name,
    jitter: jitter ?? before.jitter,
    updatedAtMs: clock.now(),
    revision: before.revision + 1,
  };
  check(record);
  const joining = record.phoneIds.filter((phoneId) => !before.phoneIds.includes(phoneId));
  await Promise.all(
    joining.map(async (phoneId) => {
      const { desired } = await access.load(principal, phoneId, 'phoneIds');
      if (before.owner !== principal.owner && desired.owner !== before.owner)
        throw phoneNotFound(phoneId, 'phoneIds');
    }),
  );
  return record;
}

function told({ bus }: Parts, record: GroupRecord): Group {
  const { groupId } = record;
  bus.publish(subjects.group, { group: groupId }, { groupId });
  return { record, members: [], times: undefined };
}

function check(group: Parameters<typeof groupMistake>[0]): void {
  const mistake = groupMistake(group);
  if (mistake !== undefined) throw invalid(mistake.field, mistake.value, mistake.message, mistake.fix);
}

/** The viewer has to be one of the master that may touch. */
async function leads(
  { viewers }: Parts,
  principal: Principal,
  masterId: string,
  viewerId: string,
): Promise<void> {
  if (!idPattern.test(viewerId))
    throw invalid('viewerId', viewerId, 'viewerId is not the id of a viewer', 'use it as it came');
  const viewer = await viewers.read(viewerId);
  if (viewer === undefined || viewer.phone !== masterId || !owns(principal, viewer.owner))
    throw viewerNotFound(viewerId);
  if (viewer.role !== 'watch') return;
  throw new AppError('FORBIDDEN', `viewer ${viewerId} only watches`, {
    field: 'viewerId',
    value: viewerId,
    fix: "let it in by a new viewer with role 'control'",
  });
}

/** The caller's own phones that have all the labels, without the master. */
async function labelled(
  { facts }: Parts,
  principal: Principal,
  { masterId, labels }: CreateGroupRequest,
): Promise<string[]> {
  const wanted = Object.entries(labels);
  const views = await facts.phones(await facts.phoneIds(principal.owner));
  return views.flatMap((view) => {
    const { phoneId, owner, spec } = view?.desired ?? {};
    if (phoneId === undefined || phoneId === masterId || owner !== principal.owner) return [];
    return wanted.every(([key, value]) => spec?.labels[key] === value) ? [phoneId] : [];
  });
}
