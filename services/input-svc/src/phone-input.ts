import { roleOf, type viewer as protocol } from '@ancloud/contracts';
import { Role } from '@ancloud/contracts/common/v1/common';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type {
  ControlAck,
  ControlBatch,
  ControlEvent,
  RevokeViewerResponse,
} from '@ancloud/contracts/input/v1/input';
import { type Log, Rate } from '@ancloud/kit';
import { actorOf, Controls } from './controls.js';
import { limits } from './core/limits.js';
import { Outbox } from './core/outbox.js';
import { TouchSequence } from './core/touch-order.js';
import { type Size, translate } from './core/translate.js';
import { Injector } from './injector.js';
import { Acks } from './io/acks.js';
import type { Audit } from './io/audit.js';
import type { ControlLease } from './io/control-lease.js';
import type { Notices } from './io/notices.js';

type Event = NonNullable<ControlEvent['event']>;
type RoleWord = protocol.RoleWord;

export interface PhoneInputOptions {
  readonly phoneId: string;
  /** Takes and gives back the fenced lease; rejects never. */
  readonly lease: ControlLease;
  readonly notices: Notices;
  readonly audit: Audit;
  /** Hot: publishes a batch; never waits. */
  readonly send: (batch: ControlBatch) => void;
  readonly counted: (
    what: 'accepted' | 'refused' | 'malformed' | 'stale' | 'merged' | 'dropped' | 'silenced' | 'revoked',
  ) => void;
  readonly log: Log;
}

/** Viewers that were revoked and are remembered, for what of them is still under way. Redis knows all. */
const REVOKED_MAX = 1_000;
const WISHES_PER_SECOND = 2;
const WISHES_BURST = 10;

/**
 * All input of one phone: the hop between its viewers and its session. Each message is decoded, arbitrated, translated and sent
 * in the same turn of the event loop. Waits only when the holder changes: the new holder's first events stay in the outbox
 * until the lease has given their fence. Who holds the controls is `Controls`' business.
 */
export class PhoneInput {
  readonly controls: Controls;
  /** What programs play here. */
  readonly injector: Injector;
  readonly #options: PhoneInputOptions;
  readonly #outbox = new Outbox();
  readonly #acks = new Acks();
  /** Touch order of each viewer that ever touched here; ends with the viewer. */
  readonly #orders = new Map<string, TouchSequence>();
  /** Roles of the viewers that are here, as far as they came or spoke since this process serves the phone. */
  readonly #roles = new Map<string, RoleWord>();
  /** How often each viewer may ask for the controls or give them up. */
  readonly #wishes = new Map<string, Rate>();
  /** What became of each revocation. */
  readonly #revoked = new Map<string, Promise<RevokeViewerResponse>>();
  #size: Size = { width: 0, height: 0 };
  #flushing = false;
  #silence: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PhoneInputOptions) {
    this.#options = options;
    const { phoneId, lease, notices, audit, log } = options;
    this.controls = new Controls({
      phoneId,
      lease,
      notices,
      audit,
      log,
      leaving: (holder, fence, why) => this.#leaving(holder, fence, why),
      ready: () => this.#flush(),
    });
    this.injector = new Injector({
      phoneId,
      controls: this.controls,
      acks: this.#acks,
      send: options.send,
      size: () => this.#size,
    });
  }

  get holder(): string {
    return this.controls.holder;
  }

  /** Touches are scaled to this from now on. */
  resized(size: Size): void {
    if (size.width > 0 && size.height > 0) this.#size = size;
  }

  /** One message as the viewer sent it. Hot: no promise is made unless the holder changes. */
  message(viewer: string, role: RoleWord, bytes: Uint8Array): void {
    if (this.#closed) return;
    const { counted, notices } = this.#options;
    if (this.#revoked.has(viewer)) return counted('revoked');
    if (!this.#roles.has(viewer)) this.#roles.set(viewer, role);
    let input: ViewerInput;
    try {
      input = ViewerInput.decode(bytes);
    } catch {
      counted('malformed');
      notices.refused(viewer, 'MESSAGE_MALFORMED', 'an input message could not be read');
      return;
    }
    if (this.#size.width === 0) {
      notices.refused(viewer, 'SESSION_NOT_READY', 'the phone has not told its size yet');
      return;
    }
    const result = translate(input, this.#size);
    switch (result.kind) {
      case 'refused':
        counted('malformed');
        notices.refused(viewer, 'INVALID_ARGUMENT', result.why);
        return;
      case 'control':
        this.#wish(viewer, role, result);
        return;
      case 'heartbeat':
        if (viewer === this.holder) this.#alive(viewer);
        return;
      case 'event': {
        const now = performance.now();
        const accepted = result.hover
          ? this.controls.decide({ type: 'hovers', viewer, now }, '')
          : this.controls.decide({ type: 'acts', now, ...actorOf(viewer, role) }, 'touched');
        if (!accepted) {
          counted('refused');
          // A mouse on its way over the picture asked for nothing: nobody is told.
          if (result.hover) return;
          notices.refused(viewer, 'CONTROL_NOT_HELD', 'somebody else holds the controls');
          return;
        }
        if (result.touch !== undefined) {
          if (!this.#order(viewer).accept(result.touch)) return counted('stale');
          this.#alive(viewer);
        }
        counted('accepted');
        this.controls.counted();
        this.#add(result.event, result.touch);
      }
    }
  }

  /** A viewer came (its touch numbers begin anew) or went (its fingers are lifted, its lease ends). */
  presence(viewer: string, role: RoleWord, present: boolean): void {
    this.#orders.delete(viewer);
    if (present) {
      this.#roles.set(viewer, role);
      this.#options.notices.control(viewer, this.holder, this.controls.asking);
      return;
    }
    this.#roles.delete(viewer);
    this.#wishes.delete(viewer);
    this.#options.notices.gone(viewer);
    this.controls.decide({ type: 'leaves', viewer, now: performance.now() }, 'it left');
  }

  /** Gives the controls to `viewer`, or with '' takes them from everybody. Resolves when the fence is raised. */
  async grant(viewer: string, role: RoleWord, by: string): Promise<void> {
    const now = performance.now();
    this.controls.decide({ type: 'granted', now, ...actorOf(viewer, role) }, `granted by ${by}`);
    await this.controls.settled();
  }

  /**
   * The viewer touches no more. Resolves when session-svc refuses what is still under way of it, or does not answer. Asked again, by
   * whatever way, it gives the same answer, or tries again when there was none.
   */
  revoke(viewer: string, by: string): Promise<RevokeViewerResponse> {
    const before = this.#revoked.get(viewer);
    const now =
      before === undefined
        ? this.#revoke(viewer, by)
        : before.then((answer) => (answer.acknowledged ? answer : this.#fenced()));
    this.#revoked.set(viewer, now);
    if (this.#revoked.size > REVOKED_MAX) {
      const [oldest] = this.#revoked.keys();
      if (oldest !== undefined) this.#revoked.delete(oldest);
    }
    return now;
  }

  /** What session-svc says of a batch that asked for it. */
  acknowledged(ack: ControlAck): void {
    this.#acks.heard(ack);
  }

  /** Lifts the holder's fingers and gives the lease back. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#silence);
    this.injector.close();
    await this.controls.close();
    this.#acks.close();
  }

  async #revoke(viewer: string, by: string): Promise<RevokeViewerResponse> {
    const role = this.#roles.get(viewer);
    this.#options.audit.add({
      what: 'revoked',
      viewerId: viewer,
      role: role === undefined ? Role.ROLE_UNSPECIFIED : roleOf(role),
      how: `by ${by}`,
      inputs: 0,
    });
    const held = viewer === this.holder;
    this.presence(viewer, role ?? 'watch', false);
    return held ? this.#fenced() : { held, fence: 0, acknowledged: true };
  }

  /** Session-svc's word that it refuses what is older than the fence that stands when the present change is over. */
  async #fenced(): Promise<RevokeViewerResponse> {
    await this.controls.settled();
    const { fence } = this.controls;
    if (fence === 0) return { held: true, fence, acknowledged: false };
    const answer = await this.#acks.ask((ack) => this.#options.send({ fence, events: [], ack }));
    return { held: true, fence, acknowledged: (answer?.fence ?? 0) >= fence };
  }

  #wish(viewer: string, role: RoleWord, { want, to }: { readonly want: boolean; readonly to: string }): void {
    const { notices } = this.#options;
    const now = performance.now();
    // Each may be told to everybody who watches: only as many as a hand can mean.
    let rate = this.#wishes.get(viewer);
    if (rate === undefined) this.#wishes.set(viewer, (rate = new Rate(WISHES_PER_SECOND, WISHES_BURST, now)));
    if (!rate.take(now)) {
      this.#options.counted('refused');
      return notices.refused(viewer, 'RATE_LIMITED', 'the controls are asked for too often');
    }
    if (want) {
      if (this.controls.decide({ type: 'wants', now, ...actorOf(viewer, role) }, 'asked'))
        notices.control(viewer, this.holder, this.controls.asking);
      else notices.refused(viewer, 'CONTROL_NOT_HELD', 'too many wait for the controls already');
      return;
    }
    if (to === '') return void this.controls.decide({ type: 'leaves', viewer, now }, 'gave them up');
    const receiver = this.#roles.get(to);
    if (receiver === undefined || receiver === 'watch')
      return notices.refused(
        viewer,
        receiver === undefined ? 'VIEWER_NOT_FOUND' : 'FORBIDDEN',
        receiver === undefined ? `there is no viewer ${to} here` : `viewer ${to} only watches`,
      );
    const gives = { type: 'gives', viewer, to: actorOf(to, receiver), now } as const;
    if (!this.controls.decide(gives, `handed over by ${viewer}`))
      notices.refused(viewer, 'CONTROL_NOT_HELD', 'only who holds the controls can hand them over');
  }

  /** The holder's last words leave under its own fence, then everything it held down is lifted. */
  #leaving(holder: string, fence: number, why: string): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (fence > 0) {
      this.#flush();
      this.#options.send({ fence, events: [lift(why)], ack: 0 });
    }
    this.#outbox.take();
    this.#orders.delete(holder);
  }

  #order(viewer: string): TouchSequence {
    let order = this.#orders.get(viewer);
    if (order === undefined) this.#orders.set(viewer, (order = new TouchSequence()));
    return order;
  }

  /** One second without a word while fingers are down lifts them: ICE takes ten to notice that a viewer is gone. */
  #alive(viewer: string): void {
    const down = (this.#orders.get(viewer)?.fingersDown ?? 0) > 0;
    if (!down) {
      clearTimeout(this.#silence);
      this.#silence = undefined;
    } else if (this.#silence === undefined) {
      this.#silence = setTimeout(() => this.#silenced(viewer), limits.silenceMs);
    } else this.#silence.refresh();
  }

  #silenced(viewer: string): void {
    this.#silence = undefined;
    if (viewer !== this.holder) return;
    this.#orders.delete(viewer);
    this.#options.counted('silenced');
    this.#add({ $case: 'liftAll', value: { reason: 'the viewer fell silent' } }, undefined);
  }

  #add(event: Event, touch: Parameters<Outbox['add']>[1]): void {
    const merged = this.#outbox.merged;
    if (!this.#outbox.add(event, touch)) this.#options.counted('dropped');
    else if (this.#outbox.merged > merged) this.#options.counted('merged');
    if (this.controls.fence === 0 || this.#flushing) return;
    this.#flushing = true;
    // The rest of what this turn of the loop brings goes into the same batch.
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const { fence } = this.controls;
    if (fence === 0 || this.#outbox.length === 0) return;
    const events = this.#outbox.take().map((event) => ({ event }));
    this.#options.send({ fence, events, ack: 0 });
  }
}

function lift(reason: string): ControlEvent {
  return { event: { $case: 'liftAll', value: { reason } } };
}
