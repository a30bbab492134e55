import type { GetGroupRequest, Group } from '@ancloud/contracts/gateway/v1/gateway';
import { isAppError } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import type { InputClient, Inputs } from '../control/inputs.js';
import { groupTimes } from './core/group-times.js';
import { loadGroup } from './group-access.js';
import type { GroupStore } from './group-store.js';

/** A group, with what the input-svcs that serve its phones say. Errors: INVALID_ARGUMENT, GROUP_NOT_FOUND, UNAVAILABLE_STATE. */
export async function getGroup(
  { groups, inputs }: { readonly groups: GroupStore; readonly inputs: Inputs },
  principal: Principal,
  { groupId }: GetGroupRequest,
): Promise<Group> {
  const record = await loadGroup(groups, principal, groupId);
  const views = await Promise.all(
    [...(await serving(inputs, record.phoneIds))].map((input) => input.getGroup({ groupId })),
  );
  const order = new Map(record.phoneIds.map((phoneId, index) => [phoneId, index]));
  const members = views
    .flatMap((view) => view.members)
    .toSorted((a, b) => (order.get(a.phoneId) ?? 0) - (order.get(b.phoneId) ?? 0));
  return { record, members, times: groupTimes(views.flatMap(({ samples }) => samples)) };
}

/** Each instance once. Phones that nobody serves have none. */
async function serving(inputs: Inputs, phoneIds: readonly string[]): Promise<Set<InputClient>> {
  const found = await Promise.all(
    phoneIds.map((phoneId) =>
      inputs.of(phoneId).catch((error: unknown) => {
        if (isAppError(error) && error.code === 'SESSION_NOT_READY') return undefined;
        throw error;
      }),
    ),
  );
  return new Set(found.filter((client) => client !== undefined));
}
