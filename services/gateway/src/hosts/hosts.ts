import type { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import type { ListHostsResponse, UpdateHostRequest } from '@ancloud/contracts/gateway/v1/gateway';
import type { HostRecord } from '@ancloud/contracts/state/v1/state';
import type { ClientPool, Clock } from '@ancloud/kit';
import { requireAdmin, type Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { hostShows } from '../farm/host-shows.js';
import { chosenHost } from './chosen-host.js';

export interface HostsParts {
  readonly facts: FarmFacts;
  readonly hosts: ClientPool<typeof ContainerServiceClient.service>;
  readonly clock: Clock;
}

/** The farm's machines. For admins: tenants have no business with them. */
export class Hosts {
  readonly #parts: HostsParts;

  constructor(parts: HostsParts) {
    this.#parts = parts;
  }

  /** Live ones. Errors: FORBIDDEN. */
  async list(principal: Principal): Promise<ListHostsResponse> {
    requireAdmin(principal, 'listing hosts');
    return { hosts: await this.#parts.facts.hosts() };
  }

  /** As placement sees the host from now on. Errors: FORBIDDEN, INVALID_ARGUMENT, HOST_NOT_FOUND, HOST_DRAINED, UNAVAILABLE. */
  async update(principal: Principal, { hostId, schedulable }: UpdateHostRequest): Promise<HostRecord> {
    requireAdmin(principal, 'draining a host');
    const { facts, hosts } = this.#parts;
    const chosen = await chosenHost(facts, hostId);
    const now = await hosts.get(chosen.containerAddress).setSchedulable({ schedulable });
    const shown = (host: HostRecord | undefined): boolean =>
      host === undefined || host.schedulable === now.schedulable;
    await hostShows(this.#parts, chosen.hostId, shown);
    return now;
  }
}
