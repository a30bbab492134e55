import type { ListHostsResponse } from '@ancloud/contracts/gateway/v1/gateway';
import { requireAdmin, type Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';

/** Live hosts. For admins: tenants have no business with machines. Errors: FORBIDDEN. */
export async function listHosts(facts: FarmFacts, principal: Principal): Promise<ListHostsResponse> {
  requireAdmin(principal, 'listing hosts');
  return { hosts: await facts.hosts() };
}
