import { plainKeys, records } from '@ancloud/contracts';
import {
  Desired,
  PhoneSpec,
  type SnapshotWish,
  type Wanted,
  wantedToJSON,
} from '@ancloud/contracts/common/v1/common';
import { Operation, Placement } from '@ancloud/contracts/state/v1/state';
import { keyOf, type State } from '@ancloud/state';
import { finishRemoval, forceRemoval, placePhone, rebuildPhone, wishPhone } from './phone-scripts.js';

/** Deleted ids are remembered for 30 days, so that no host that was away brings one back. */
const TOMBSTONE_SECONDS = 30 * 86_400;

export interface Placed {
  readonly hostId: string;
  readonly desired: Desired;
  readonly operation: Operation;
}

export type PlaceResult =
  | ({ readonly result: 'placed' } & Placed)
  | { readonly result: 'recovering' | 'full' | 'exists' }
  | { readonly result: 'repeated'; readonly value: string };

/** What a wish changes of desired state; what is not named stays. */
export interface WishChange {
  readonly wanted?: Wanted;
  /** Refused unless the phone is wanted to run. */
  readonly onlyRunning?: boolean;
  /** Refused unless the phone is wanted stopped or paused. */
  readonly onlyStill?: boolean;
  /** Left out: as it is. */
  readonly paused?: boolean;
  /** What the data begins from when it begins anew; empty = nothing. */
  readonly dataFrom?: string;
  /** To be taken; false takes back one that was not taken yet. */
  readonly snapshot?: SnapshotWish | false;
  /** Refused unless the wish is still the one of this revision. */
  readonly revision?: number;
  /** Replaces the whole spec. */
  readonly spec?: PhoneSpec;
  /** One more of these is asked for. */
  readonly count?: 'reboots' | 'resets';
}

export type WishResult =
  | { readonly result: 'wished'; readonly desired: Desired; readonly operation: Operation }
  | { readonly result: WishRefusal };

/** No such phone; it is being deleted; it is not wanted to run; it is; another wish came first. */
export type WishRefusal = 'missing' | 'deleting' | 'stopped' | 'moving' | 'changed';

const desiredFrom = (text: unknown): Desired => Desired.fromJSON(JSON.parse(String(text)));
const operationFrom = (text: unknown): Operation => Operation.fromJSON(JSON.parse(String(text)));

/** The only writer of desired state and placement; each method is one script. Errors: UNAVAILABLE_STATE. */
export class PhoneStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Reserves room on the first of `hostIds` that still has it, and writes the wish, the placement and the operation. */
  async place(input: {
    readonly desired: Desired;
    readonly operation: Operation;
    /** Best first, at least one. */
    readonly hostIds: readonly string[];
    readonly idempotency?: { readonly key: string; readonly value: string; readonly ttlMs: number };
  }): Promise<PlaceResult> {
    const { desired, operation, hostIds, idempotency } = input;
    const phone = desired.phoneId;
    const answer = (await this.#state.script(
      placePhone,
      [
        plainKeys.incarnation.template,
        plainKeys.recovery.template,
        keyOf(records.desired.template, { phone }),
        keyOf(records.placement.template, { phone }),
        plainKeys.phones.template,
        keyOf(plainKeys.ownerPhones.template, { owner: desired.owner }),
        keyOf(plainKeys.tombstone.template, { phone }),
        keyOf(records.operation.template, { operation: operation.operationId }),
        plainKeys.operations.template,
        keyOf(plainKeys.phoneOperations.template, { phone }),
        keyOf(plainKeys.idempotency.template, { owner: desired.owner, key: idempotency?.key ?? 'none' }),
        ...hostIds.flatMap((host) => [
          keyOf(records.host.template, { host }),
          keyOf(plainKeys.hostPhones.template, { host }),
        ]),
      ],
      [
        JSON.stringify(Desired.toJSON(desired)),
        JSON.stringify(Operation.toJSON(operation)),
        hostIds.join(','),
        desired.spec?.imageId ?? '',
        idempotency?.value ?? '',
        idempotency?.ttlMs ?? 0,
      ],
    )) as string[];
    if (answer[0] === 'placed')
      return {
        result: 'placed',
        hostId: answer[1] ?? '',
        desired: desiredFrom(answer[2]),
        operation: operationFrom(answer[3]),
      };
    if (answer[0] === 'repeated') return { result: 'repeated', value: answer[1] ?? '' };
    return { result: answer[0] as 'recovering' | 'full' | 'exists' };
  }

  /** Changes the wish: revision + 1, and the operation that waits for it. */
  async wish(phone: string, change: WishChange, operation: Operation): Promise<WishResult> {
    const answer = (await this.#state.script(
      wishPhone,
      [
        keyOf(records.desired.template, { phone }),
        keyOf(records.operation.template, { operation: operation.operationId }),
        plainKeys.operations.template,
        keyOf(plainKeys.phoneOperations.template, { phone }),
      ],
      [
        JSON.stringify({
          ...change,
          ...(change.spec === undefined ? {} : { spec: PhoneSpec.toJSON(change.spec) }),
          ...(change.wanted === undefined ? {} : { wanted: wantedToJSON(change.wanted) }),
        }),
        JSON.stringify(Operation.toJSON(operation)),
      ],
    )) as string[];
    if (answer[0] !== 'wished') return { result: answer[0] as WishRefusal };
    return { result: 'wished', desired: desiredFrom(answer[1]), operation: operationFrom(answer[2]) };
  }

  /** After the host has confirmed the removal. False = somebody else did it, or it is another phone by now. */
  async finishRemoval(desired: Desired, hostId: string, nowMs: number): Promise<boolean> {
    const phone = desired.phoneId;
    const answer = await this.#state.script(
      finishRemoval,
      [
        keyOf(records.desired.template, { phone }),
        keyOf(records.placement.template, { phone }),
        plainKeys.phones.template,
        keyOf(plainKeys.ownerPhones.template, { owner: desired.owner }),
        keyOf(plainKeys.hostPhones.template, { host: hostId }),
        keyOf(plainKeys.tombstone.template, { phone }),
      ],
      [phone, desired.epoch, tombstone(desired, nowMs), TOMBSTONE_SECONDS],
    );
    return answer === 1;
  }

  /** Without waiting for a lost host. False = its host is alive after all. */
  async forceRemoval(desired: Desired, hostId: string, nowMs: number): Promise<boolean> {
    const phone = desired.phoneId;
    const answer = await this.#state.script(
      forceRemoval,
      [
        keyOf(records.desired.template, { phone }),
        keyOf(records.host.template, { host: hostId }),
        plainKeys.phones.template,
        keyOf(plainKeys.ownerPhones.template, { owner: desired.owner }),
        keyOf(plainKeys.tombstone.template, { phone }),
      ],
      [phone, tombstone(desired, nowMs), TOMBSTONE_SECONDS],
    );
    return answer === 1;
  }

  /** From what a host was once told. `tombstone` = the phone was deleted and must not return. */
  async rebuild(told: Desired, hostId: string): Promise<'rebuilt' | 'newer' | 'tombstone'> {
    const phone = told.phoneId;
    const answer = await this.#state.script(
      rebuildPhone,
      [
        keyOf(records.desired.template, { phone }),
        keyOf(records.placement.template, { phone }),
        plainKeys.phones.template,
        keyOf(plainKeys.ownerPhones.template, { owner: told.owner }),
        keyOf(plainKeys.hostPhones.template, { host: hostId }),
        keyOf(plainKeys.tombstone.template, { phone }),
      ],
      [
        JSON.stringify(Desired.toJSON(told)),
        JSON.stringify(Placement.toJSON({ phoneId: phone, hostId, epoch: told.epoch })),
        phone,
        told.epoch,
      ],
    );
    return answer === 1 ? 'rebuilt' : answer === 0 ? 'newer' : 'tombstone';
  }

  /** The value that was stored with an idempotency key. */
  async repeated(owner: string, key: string): Promise<string | undefined> {
    const name = keyOf(plainKeys.idempotency.template, { owner, key });
    return (await this.#state.run('reading an idempotency key', (redis) => redis.get(name))) ?? undefined;
  }

  /** True when the id belongs to a deleted phone. */
  async isTombstoned(phone: string): Promise<boolean> {
    const name = keyOf(plainKeys.tombstone.template, { phone });
    return (await this.#state.run(`reading ${name}`, (redis) => redis.exists(name))) === 1;
  }
}

function tombstone(desired: Desired, nowMs: number): string {
  return JSON.stringify({ epoch: desired.epoch, at: new Date(nowMs).toISOString(), owner: desired.owner });
}
