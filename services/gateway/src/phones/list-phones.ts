import { phoneIdPattern } from '@ancloud/contracts';
import type { ListPhonesRequest, ListPhonesResponse } from '@ancloud/contracts/gateway/v1/gateway';
import { isAdmin, owns, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { phoneFrom } from './phone-access.js';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

/** The caller's phones in the order of their ids; an admin's list has everybody's. The token is the last id of the page before. */
export async function listPhones(
  facts: FarmFacts,
  principal: Principal,
  request: ListPhonesRequest,
): Promise<ListPhonesResponse> {
  const { pageSize, pageToken } = request;
  if (!Number.isInteger(pageSize) || pageSize < 0 || pageSize > PAGE_MAX)
    throw invalid('pageSize', pageSize, `pageSize is outside 0-${PAGE_MAX}`, `0 means ${PAGE_DEFAULT}`);
  if (pageToken !== '' && !phoneIdPattern.test(pageToken))
    throw invalid('pageToken', pageToken, 'pageToken is not one of ours', 'use nextPageToken as it came');
  const ids = await facts.phoneIds(isAdmin(principal) ? undefined : principal.owner);
  const size = pageSize === 0 ? PAGE_DEFAULT : pageSize;
  const from = pageToken === '' ? 0 : ids.findLastIndex((id) => id <= pageToken) + 1;
  const page = ids.slice(from, from + size);
  const views = await facts.phones(page);
  return {
    phones: views.flatMap((view) =>
      view !== undefined && owns(principal, view.desired.owner) ? [phoneFrom(view)] : [],
    ),
    nextPageToken: from + size < ids.length ? (page.at(-1) ?? '') : '',
  };
}
