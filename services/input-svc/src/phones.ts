import { leases, plainKeys, records, roleWord, subjects } from '@ancloud/contracts';
import type {
  ControlView,
  GrantControlRequest,
  InjectRequest,
  InjectResponse,
  RevokeViewerRequest,
  RevokeViewerResponse,
} from '@ancloud/contracts/input/v1/input';
import { type ControlBatch, LaneOffer } from '@ancloud/contracts/input/v1/input';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import { SessionState } from '@ancloud/contracts/state/v1/state';
import type { Bus, BusSubscription, LaneOutlet, Lanes, LaneServer } from '@ancloud/bus';
import { AppError, type Log, type Metrics } from '@ancloud/kit';
import { acquire, keyOf, type Lease, recordsOf, type State } from '@ancloud/state';
import { Audit } from './io/audit.js';
import { ControlLease } from './io/control-lease.js';
import type { Eyes } from './io/eyes.js';
import { Notices } from './io/notices.js';
import { fates } from './core/fates.js';
import { Groups } from './groups.js';
import { Macros } from './macros.js';
import { PhoneInput, type PhoneInputOptions } from './phone-input.js';

/** How soon another instance's phone is asked for again: a little after its lease could have run out. */
const RETRY_MS = 1_000;
/** How soon a holder is found whose revocation nobody told: NATS was away. */
const VERIFY_MS = 5_000;

/** A session answers at once. */
const SESSION_MS = 1_000;

export interface PhonesOptions {
  /** Owner of the leases: this instance, this process, and where it is asked. */
  readonly inputId: string;
  readonly bus: Bus;
  /** Touches without a detour by NATS. */
  readonly lanes: { readonly heard: LaneServer; readonly out: Lanes };
  readonly state: State;
  /** What macros see by. */
  readonly eyes: Eyes;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Served {
  readonly input: PhoneInput;
  readonly lease: Lease;
  readonly subscriptions: readonly BusSubscription[];
  /** To the phone's session. */
  readonly outlet: LaneOutlet<ControlBatch>;
}

/**
 * Which phones this input-svc serves: every phone with a session is asked for by all instances, one gets its lease
 * `input:{phone}`. Owns each phone's input, lease and subscriptions, which end together.
 */
export class Phones {
  readonly groups: Groups;
  readonly macros: Macros;
  readonly #options: PhonesOptions;
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #served = new Map<string, Served>();
  readonly #asking = new Set<string>();
  readonly #retry: NodeJS.Timeout;
  readonly #verify: NodeJS.Timeout;
  readonly #counted: PhoneInputOptions['counted'];
  readonly #batches;
  #closed = false;

  constructor(options: PhonesOptions) {
    this.#options = options;
    const { inputId, bus, metrics, eyes, state, log } = options;
    this.groups = new Groups({
      inputId,
      bus,
      metrics,
      phone: (phone) => this.#served.get(phone)?.input.following,
      // What its holder does goes straight to its session, but here the others wait for the copy.
      leads: (phone, some) => options.lanes.heard.hurry(phone, some),
    });
    this.macros = new Macros({
      inputId,
      eyes,
      runs: recordsOf(state, records.macroRun),
      phone: (phone) => ({
        injector: this.#get(phone).input.injector,
        sessionAddress: this.#sessions.get(phone)?.sessionAddress ?? '',
      }),
      log,
    });
    const messages = options.metrics.tally(
      'ancloud_input_messages_total',
      'Input messages of viewers by what became of them',
      'what',
      fates,
    );
    this.#batches = options.metrics.counter('ancloud_input_batches_total', 'Batches sent to sessions');
    this.#counted = (what) => {
      messages[what] += 1;
    };
    this.#retry = setInterval(() => {
      for (const phone of this.#sessions.keys()) void this.#ask(phone);
    }, RETRY_MS);
    this.#verify = setInterval(() => void this.#verifyHolders(), VERIFY_MS);
  }

  get count(): number {
    return this.#served.size;
  }

  /** A session's record is new or changed. */
  session(record: SessionRecord): void {
    const phone = record.phoneId;
    if (record.state === SessionState.SESSION_STATE_CLOSED) return this.sessionGone(phone);
    this.#sessions.set(phone, record);
    const served = this.#served.get(phone);
    served?.input.resized(record);
    served?.outlet.renew();
    void this.#ask(phone);
  }

  sessionGone(phone: string): void {
    this.#sessions.delete(phone);
    void this.#end(phone, true);
  }

  control(phone: string): ControlView {
    const { controls } = this.#get(phone).input;
    const { holder, fence, role, asking, sinceMs } = controls;
    return { record: { phoneId: phone, viewerId: holder, fence, role, updatedAtMs: sinceMs }, asking };
  }

  async grant({ phoneId, viewerId, role, by }: GrantControlRequest): Promise<ControlView> {
    await this.#get(phoneId).input.grant(viewerId, roleWord(role), by);
    return this.control(phoneId);
  }

  revoke({ phoneId, viewerId, by }: RevokeViewerRequest): Promise<RevokeViewerResponse> {
    return this.#get(phoneId).input.revoke(viewerId, by);
  }

  inject(request: InjectRequest, signal: AbortSignal): Promise<InjectResponse> {
    return this.#get(request.phoneId).input.injector.inject(request, signal);
  }

  /** A revocation was told to everybody; who asked for it hears of the end by `revoke`. */
  revoked(phone: string, viewer: string): void {
    const input = this.#served.get(phone)?.input;
    input?.revoke(viewer, 'the gateway').catch((err: unknown) => {
      this.#options.log.error({ phone, viewer, err }, 'a revocation failed');
    });
  }

  /** Lifts all fingers, gives all leases back. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#retry);
    clearInterval(this.#verify);
    this.groups.close();
    await Promise.all([...this.#served.keys()].map((phone) => this.#end(phone, true)));
  }

  async #ask(phone: string): Promise<void> {
    if (this.#closed || this.#served.has(phone) || this.#asking.has(phone)) return;
    this.#asking.add(phone);
    try {
      const { state, log, inputId } = this.#options;
      const acquired = await acquire(state, leases.input, { phone }, { owner: inputId, log });
      if (!acquired.held) return;
      if (this.#closed || !this.#sessions.has(phone)) await acquired.lease.release();
      else this.#serve(phone, acquired.lease);
    } catch (error) {
      this.#options.log.debug({ phone, err: error }, 'the input lease could not be asked for');
    } finally {
      this.#asking.delete(phone);
    }
  }

  #serve(phone: string, lease: Lease): void {
    const { bus, lanes, state, log } = this.#options;
    const notices = new Notices(bus);
    const outlet = lanes.out.control({ phone }, (ack) => input.acknowledged(ack));
    const input: PhoneInput = new PhoneInput({
      phoneId: phone,
      lease: new ControlLease(phone, state, bus, log, () => input.controls.role),
      audit: new Audit(phone, state, log),
      notices,
      counted: this.#counted,
      did: (viewer, role, did) => {
        this.groups.did(phone, viewer, role, did);
        this.macros.did(phone, did);
      },
      letGo: (viewer) => {
        this.groups.letGo(phone, viewer);
        this.macros.lifted(phone);
      },
      lifted: () => this.macros.lifted(phone),
      straight: (fence, viewerId) =>
        bus.request(subjects.sessionLane, { phone }, { fence, viewerId }, LaneOffer, {
          timeoutMs: SESSION_MS,
        }),
      log,
      send: (batch) => {
        this.#batches.inc();
        outlet.publish(batch);
      },
      share: (cast, event, fence, ack) => {
        if (!cast.add(outlet, event, fence, ack)) return false;
        this.#batches.inc();
        return true;
      },
    });
    const session = this.#sessions.get(phone);
    if (session !== undefined) input.resized(session);
    const subscriptions = [
      // Who only watches has no subject that is heard.
      ...(['control', 'owner'] as const).map((role) =>
        bus.subscribeRaw(subjects.viewerInput, { phone, role }, (bytes, { viewer }) => {
          if (viewer !== undefined) input.message(viewer, role, bytes);
        }),
      ),
      bus.serve(subjects.viewerLane, { phone }, LaneOffer, async ({ hearsHaste }, { viewer, role }) => {
        if (viewer === undefined || (role !== 'control' && role !== 'owner'))
          throw new AppError('FORBIDDEN', `a viewer with the role ${role} is not heard`, { field: 'role' });
        return lanes.heard.offer(
          { phone, viewer },
          {
            message: (bytes) => input.message(viewer, role, bytes),
            copy: (bytes) => input.message(viewer, role, bytes, true),
            straight: (lane) => input.straight.begins(lane),
          },
          hearsHaste ? this.groups.leads(phone) : undefined,
        );
      }),
      bus.serve(subjects.straightLane, { phone }, LaneOffer, async (_, { viewer }) =>
        input.straight.offer(viewer ?? ''),
      ),
      bus.subscribe(subjects.viewer, { phone }, ({ viewerId, role, present, connection }) => {
        if (present) input.came(viewerId, roleWord(role), connection);
        // What is still under way of it comes too late.
        else if (input.went(viewerId, connection)) lanes.heard.withdraw({ phone, viewer: viewerId });
      }),
      bus.subscribe(subjects.controlAck, { phone }, (ack) => input.acknowledged(ack)),
      bus.subscribe(subjects.device, { phone }, ({ event }) => {
        if (event?.$case === 'videoSize') input.resized(event.value);
        // The phone's clipboard goes to whoever holds its controls: watchers have no business with it.
        if (event?.$case === 'clipboard' && input.holder !== '') notices.clipboard(input.holder, event.value);
      }),
    ];
    this.#served.set(phone, { input, lease, subscriptions, outlet });
    input.controls.begin();
    void this.macros.served(phone);
    lease.onLost(() => void this.#end(phone, false));
    log.info({ phone, fence: lease.fence }, 'serving the input of a phone');
  }

  /** Level-triggered: what Redis says of the present holders. */
  async #verifyHolders(): Promise<void> {
    const held = [...this.#served].flatMap(([phone, { input }]) =>
      input.holder === '' ? [] : [{ phone, viewer: input.holder }],
    );
    if (held.length === 0) return;
    const keys = held.map(({ viewer }) => keyOf(plainKeys.viewerRevoked.template, { viewer }));
    try {
      const found = await this.#options.state.run('asking for revocations', (redis) => redis.mget(keys));
      for (const [index, { phone, viewer }] of held.entries())
        if (typeof found[index] === 'string') this.revoked(phone, viewer);
    } catch (error) {
      // Redis is away: nobody could be revoked meanwhile, and the next look is soon.
      this.#options.log.debug({ err: error }, 'holders could not be verified');
    }
  }

  async #end(phone: string, release: boolean): Promise<void> {
    const served = this.#served.get(phone);
    if (served === undefined) return;
    this.#served.delete(phone);
    for (const subscription of served.subscriptions) subscription.close();
    this.#options.lanes.heard.withdraw({ phone });
    await this.macros.ended(phone, release);
    await served.input.close();
    served.outlet.close();
    if (release) await served.lease.release();
    this.#options.log.info({ phone }, 'no longer serving the input of a phone');
  }

  #get(phone: string): Served {
    const served = this.#served.get(phone);
    if (served === undefined) {
      throw new AppError('PHONE_NOT_FOUND', `this input-svc does not serve phone ${phone}`, {
        field: 'phone_id',
        value: phone,
        fix: 'ask the instance that its record names',
      });
    }
    return served;
  }
}
