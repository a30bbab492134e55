import { phoneIdPattern } from '@ancloud/contracts';
import { Wanted } from '@ancloud/contracts/common/v1/common';
import type { Phone } from '@ancloud/contracts/gateway/v1/gateway';
import { owns, type Principal } from '../auth/principal.js';
import { invalid, phoneNotFound } from '../errors.js';
import type { FarmFacts, PhoneView } from '../farm/farm-facts.js';
import { watchersOf } from './core/idle.js';
import { isViewable, phaseOf } from './core/phase.js';
import type { PhoneStore } from './phone-store.js';

/** The one way to a phone: whoever wants to read or change one gets it here, after the tenant check. */
export class PhoneAccess {
  readonly #facts: FarmFacts;
  readonly #store: PhoneStore;

  constructor(facts: FarmFacts, store: PhoneStore) {
    this.#facts = facts;
    this.#store = store;
  }

  /**
   * Errors: INVALID_ARGUMENT for what is no id; PHONE_NOT_FOUND, also for a phone of somebody else: an answer must not tell
   * that an id exists.
   * @param field where the caller named it.
   */
  async load(principal: Principal, phoneId: string, field = 'phoneId'): Promise<PhoneView> {
    if (!phoneIdPattern.test(phoneId))
      throw invalid(
        field,
        phoneId,
        `${field} is not the id of a phone`,
        "use an id such as 'ph_4k2', as it came",
      );
    const view = await this.#facts.phone(phoneId);
    if (view === undefined || !owns(principal, view.desired.owner)) throw phoneNotFound(phoneId, field);
    // Deleted by force: its records wait for the lost host, for its owner it is gone.
    if (view.desired.wanted === Wanted.WANTED_REMOVED && (await this.#store.isTombstoned(phoneId)))
      throw phoneNotFound(phoneId, field);
    return view;
  }
}

/** The phone as the API shows it. */
export function phoneFrom(view: PhoneView): Phone {
  const { desired, placement, status } = view;
  const { phase, reason, message } = phaseOf(view);
  return {
    phoneId: desired.phoneId,
    name: desired.name,
    spec: desired.spec,
    phase,
    hostId: placement?.hostId ?? '',
    reason,
    message,
    conditions: status?.conditions ?? [],
    createdAtMs: desired.createdAtMs,
    viewable: isViewable(view),
    viewers: watchersOf(view.stream),
    // `told` is between hosts and gateways; everything public of it stands in `spec`.
    dataFrom: desired.dataFrom,
    encoder: view.session?.encoder,
    status: status === undefined ? undefined : { ...status, told: undefined },
  };
}
