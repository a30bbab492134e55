import type { viewer as protocol } from '@ancloud/contracts';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { ControlAck, ControlBatch, RevokeViewerResponse } from '@ancloud/contracts/input/v1/input';
import { type Log, type Size, translate } from '@ancloud/kit';
import { actorOf, Controls } from './controls.js';
import { DoneInput } from './core/done-input.js';
import type { Fate } from './core/fates.js';
import { PresentViewers } from './core/present-viewers.js';
import { Following } from './following.js';
import { Injector } from './injector.js';
import { Acks } from './io/acks.js';
import type { Audit } from './io/audit.js';
import type { ControlLease } from './io/control-lease.js';
import type { Notices } from './io/notices.js';
import { Revocations } from './revocations.js';
import { Sending, type SendingOptions } from './sending.js';
import { Straight, type StraightOptions } from './straight.js';
import { takeInput, Touching } from './touching.js';
import { Wishes } from './wishes.js';

type RoleWord = protocol.RoleWord;

export interface PhoneInputOptions {
  readonly phoneId: string;
  /** Takes and gives back the fenced lease; rejects never. */
  readonly lease: ControlLease;
  readonly notices: Notices;
  readonly audit: Audit;
  /** Hot: publishes a batch; never waits. */
  readonly send: (batch: ControlBatch) => void;
  /** Hot: puts an event into a group's cast; false when it has to be sent. */
  readonly share: SendingOptions['share'];
  /** Hot: what became of one message. */
  readonly counted: (what: Fate) => void;
  /** Hot: the holder did this, and it goes to the phone; see DoneInput. Not told of what a group or a program does. */
  readonly did: (viewer: string, role: RoleWord, input: ViewerInput) => void;
  /** Asks the phone's session for a lane of the holder's own. */
  readonly straight: StraightOptions['ask'];
  /** The viewer holds the controls no more. */
  readonly letGo: (viewer: string) => void;
  /** What the holder had down was lifted, and it holds on: it was silent, or came again. */
  readonly lifted: () => void;
  readonly log: Log;
}

/**
 * All input of one phone: the hop between its viewers and its session. Each message is decoded, arbitrated, translated and sent
 * in the same turn of the event loop. Waits only when the holder changes: the new holder's first events stay in the outbox
 * until the lease has given their fence. Who holds the controls is `Controls`' business.
 */
export class PhoneInput {
  readonly controls: Controls;
  /** What programs play here. */
  readonly injector: Injector;
  /** The holder's way past here. */
  readonly straight: Straight;
  /** What masters of groups do here. */
  readonly following: Following;
  readonly #options: PhoneInputOptions;
  readonly #sending: Sending;
  readonly #acks = new Acks();
  readonly #touching = new Touching((viewer) => this.#silenced(viewer));
  readonly #done = new DoneInput();
  readonly #present = new PresentViewers();
  readonly #wishes: Wishes;
  readonly #revocations: Revocations;
  #size: Size = { width: 0, height: 0 };
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
      ready: () => this.#sending.flush(),
      settling: () => this.following.settle(),
    });
    this.#sending = new Sending({
      send: options.send,
      share: options.share,
      acks: this.#acks,
      fence: () => this.controls.fence,
      counted: options.counted,
    });
    this.following = new Following({
      controls: this.controls,
      sending: this.#sending,
      touching: this.#touching,
      size: () => this.#size,
      counted: options.counted,
    });
    this.straight = new Straight({
      phoneId,
      controls: this.controls,
      ask: options.straight,
      flush: () => this.#sending.flush(),
      send: options.send,
    });
    this.#wishes = new Wishes({
      controls: this.controls,
      notices,
      roleOf: (viewer) => this.#present.roleOf(viewer),
      refused: () => options.counted('refused'),
    });
    this.#revocations = new Revocations({
      controls: this.controls,
      audit,
      acks: this.#acks,
      send: options.send,
      roleOf: (viewer) => this.#present.roleOf(viewer),
      gone: (viewer) => this.#gone(viewer),
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

  /**
   * One message as the viewer sent it. Hot: no promise is made unless the holder changes.
   * @param copy the message itself went straight to the session, which takes it as long as its fence stands.
   */
  message(viewer: string, role: RoleWord, bytes: Uint8Array, copy = false): void {
    if (this.#closed) return;
    const { counted, notices } = this.#options;
    if (this.#revocations.has(viewer)) return counted('revoked');
    this.#present.spoke(viewer, role);
    let input: ViewerInput;
    try {
      input = ViewerInput.decode(bytes);
    } catch {
      counted('malformed');
      notices.refused(viewer, 'MESSAGE_MALFORMED', 'an input message could not be read');
      return;
    }
    if (this.#size.width === 0) {
      counted('refused');
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
        this.#wishes.wish(viewer, role, result);
        return;
      case 'heartbeat':
        if (viewer !== this.holder) return;
        this.#touching.alive(viewer);
        this.#sending.rests();
        this.#options.did(viewer, role, input);
        return;
      case 'event': {
        const fate = takeInput(this.controls, this.#touching, actorOf(viewer, role), result, 'touched');
        counted(fate);
        if (fate === 'accepted') {
          if (!copy) this.#sending.add(result.event, result.touch);
          if (this.#done.take(input, this.#size, performance.now())) this.#options.did(viewer, role, input);
        }
        // Who asked for nothing is told nothing.
        else if (fate === 'refused' && result.bids)
          notices.refused(viewer, 'CONTROL_NOT_HELD', 'somebody else holds the controls');
      }
    }
  }

  /** A viewer came by that connection: its touch numbers begin anew. May be told again: whoever tells listens from then on. */
  came(viewer: string, role: RoleWord, connection: string): void {
    if (this.#present.came(viewer, role, connection)) {
      // What was let go meanwhile was told to nobody; fingers and gamepads heal with their next message, keys do not.
      if (viewer === this.holder && this.#touching.holdsKeys(viewer)) {
        this.#touching.rest();
        this.#lift('the viewer came again');
      }
      this.#touching.forget(viewer);
    }
    this.#options.notices.control(viewer, this.holder, this.controls.asking);
  }

  /** That connection ended, and with it the viewer: its fingers are lifted, its lease ends. False: it is there by another one. */
  went(viewer: string, connection: string): boolean {
    if (!this.#present.went(viewer, connection)) return false;
    this.#gone(viewer);
    return true;
  }

  /** Gives the controls to `viewer`, or with '' takes them from everybody. Resolves when the fence is raised. */
  async grant(viewer: string, role: RoleWord, by: string): Promise<void> {
    const now = performance.now();
    this.controls.decide({ type: 'granted', now, ...actorOf(viewer, role) }, `granted by ${by}`);
    await this.controls.settled();
  }

  /** The viewer touches no more; see Revocations. */
  revoke(viewer: string, by: string): Promise<RevokeViewerResponse> {
    return this.#revocations.revoke(viewer, by);
  }

  /** What session-svc says of a batch that asked for it. */
  acknowledged(ack: ControlAck): void {
    this.#acks.heard(ack);
  }

  /** Lifts the holder's fingers and gives the lease back. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.following.settle();
    this.#closed = true;
    this.#touching.rest();
    this.injector.close();
    await this.controls.close();
    this.#acks.close();
  }

  #gone(viewer: string): void {
    this.#touching.forget(viewer);
    this.#present.forget(viewer);
    this.#wishes.gone(viewer);
    this.#options.notices.gone(viewer);
    this.controls.decide({ type: 'leaves', viewer, now: performance.now() }, 'it left');
  }

  /**
   * The holder's last words leave under its own fence, then everything it held down is lifted and its straight way ends: at once, since
   * whether anybody gets a higher fence is Redis' to say.
   */
  #leaving(holder: string, fence: number, why: string): void {
    this.#touching.rest();
    if (fence > 0) {
      this.#sending.flush();
      const lift = { $case: 'liftAll', value: { reason: why } } as const;
      this.#options.send({ fence, events: [{ event: lift }], ack: 0, over: true });
    }
    this.#sending.discard();
    this.#done.forget();
    this.#touching.forget(holder);
    if (holder !== '') this.#options.letGo(holder);
  }

  #silenced(viewer: string): void {
    if (viewer !== this.holder) return;
    const { notices, counted } = this.#options;
    const keys = this.#touching.holdsKeys(viewer);
    this.#touching.forget(viewer);
    counted('silenced');
    this.#lift('the viewer fell silent');
    this.#sending.flush();
    // Fingers and gamepads heal with their next message; of a key there is none until it is up. Told behind the lift: what is pressed again for
    // it must not come before it.
    if (keys) notices.lifted(viewer);
  }

  #lift(reason: string): void {
    this.#sending.add({ $case: 'liftAll', value: { reason } }, undefined);
    this.#done.lifted();
    this.#options.lifted();
  }
}
