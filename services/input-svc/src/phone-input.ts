import { limits } from './core/limits.js';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { ControlBatch, ControlEvent } from '@ancloud/contracts/input/v1/input';
import type { Log } from '@ancloud/kit';
import { type ArbiterEvent, type ArbiterState, arbitrate, nobody } from './core/arbiter.js';
import { Outbox } from './core/outbox.js';
import { TouchSequence } from './core/touch-order.js';
import { type Size, translate } from './core/translate.js';
import type { ControlLease } from './io/control-lease.js';
import type { Notices } from './io/notices.js';

type Event = NonNullable<ControlEvent['event']>;

export interface PhoneInputOptions {
  readonly phoneId: string;
  /** Takes and gives back the fenced lease; rejects never. */
  readonly lease: ControlLease;
  readonly notices: Notices;
  /** Hot: publishes a batch; never waits. */
  readonly send: (batch: ControlBatch) => void;
  readonly counted: (
    what: 'accepted' | 'refused' | 'malformed' | 'stale' | 'merged' | 'dropped' | 'silenced',
  ) => void;
  readonly log: Log;
}

/**
 * All input of one phone: the hop between its viewers and its session. Owns who holds the controls; each message is
 * decoded, arbitrated, translated and sent in the same turn of the event loop. Waits only when the holder changes: the
 * new holder's first events stay in the outbox until the lease has given their fence.
 */
export class PhoneInput {
  readonly #options: PhoneInputOptions;
  readonly #outbox = new Outbox();
  /** Touch order of each viewer that ever touched here; ends with the viewer. */
  readonly #orders = new Map<string, TouchSequence>();
  #arbiter: ArbiterState = nobody;
  #size: Size = { width: 0, height: 0 };
  /** 0 while the lease of a new holder is being taken. */
  #fence = 0;
  #changing: Promise<void> = Promise.resolve();
  #flushing = false;
  #silence: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PhoneInputOptions) {
    this.#options = options;
  }

  get holder(): string {
    return this.#arbiter.holder;
  }

  get fence(): number {
    return this.#fence;
  }

  /** Touches are scaled to this from now on. */
  resized(size: Size): void {
    if (size.width > 0 && size.height > 0) this.#size = size;
  }

  /** One message as the viewer sent it. Hot: no promise is made unless the holder changes. */
  message(viewer: string, bytes: Uint8Array): void {
    if (this.#closed) return;
    const { counted, notices } = this.#options;
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
        this.#wish(viewer, result.want);
        return;
      case 'heartbeat':
        if (viewer === this.#arbiter.holder) this.#alive(viewer);
        return;
      case 'event': {
        const type = result.hover ? 'hovers' : 'acts';
        if (!this.#decide({ type, viewer, now: performance.now() })) {
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
        this.#add(result.event, result.touch);
      }
    }
  }

  /** A viewer came (its touch numbers begin anew) or went (its fingers are lifted, its lease ends). */
  presence(viewer: string, present: boolean): void {
    this.#orders.delete(viewer);
    if (present) this.#options.notices.control(viewer, this.#arbiter.holder);
    else {
      this.#options.notices.gone(viewer);
      this.#decide({ type: 'leaves', viewer });
    }
  }

  /** Gives the controls to `viewer`, or with '' takes them from everybody. Resolves when the fence is raised. */
  async grant(viewer: string): Promise<void> {
    this.#decide({ type: 'granted', viewer, now: performance.now() });
    await this.#changing;
  }

  /** Lifts the holder's fingers and gives the lease back. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#silence);
    await this.#changing;
    if (this.#fence > 0) this.#options.send({ fence: this.#fence, events: [lift('input-svc is stopping')] });
    await this.#options.lease.release();
  }

  #wish(viewer: string, want: boolean): void {
    if (!want) return void this.#decide({ type: 'leaves', viewer });
    if (this.#decide({ type: 'wants', viewer, now: performance.now() }))
      this.#options.notices.control(viewer, this.#arbiter.holder);
    else
      this.#options.notices.refused(
        viewer,
        'CONTROL_NOT_HELD',
        'somebody else is using the controls right now',
      );
  }

  #decide(event: ArbiterEvent): boolean {
    const before = this.#arbiter.holder;
    const { state, accepted, changed } = arbitrate(this.#arbiter, event);
    this.#arbiter = state;
    if (changed) this.#change(before, state.holder);
    return accepted;
  }

  /** Fence first, words later: nothing of the new holder leaves before the old one's fingers are lifted under a new fence. */
  #change(before: string, holder: string): void {
    clearTimeout(this.#silence);
    if (this.#fence > 0) {
      this.#flush();
      this.#options.send({
        fence: this.#fence,
        events: [lift(holder === '' ? 'the holder left' : 'the controls changed hands')],
      });
    }
    this.#fence = 0;
    this.#outbox.take();
    this.#orders.delete(before);
    this.#changing = this.#changing.then(() => this.#take(holder));
  }

  async #take(holder: string): Promise<void> {
    // A later change has overtaken this one.
    if (holder !== this.#arbiter.holder) return;
    const fence = await this.#options.lease.take(holder, () => this.#lost(holder));
    if (holder !== this.#arbiter.holder || this.#closed) return;
    if (fence === undefined) {
      this.#arbiter = nobody;
      this.#outbox.take();
      this.#options.notices.refused(holder, 'UNAVAILABLE_STATE', 'the control lease cannot be taken now');
      return;
    }
    this.#fence = fence;
    this.#options.notices.holder(holder);
    if (holder !== '') this.#flush();
  }

  #lost(holder: string): void {
    if (holder !== this.#arbiter.holder) return;
    this.#options.log.warn({ phone: this.#options.phoneId, viewer: holder }, 'the control lease was lost');
    this.#decide({ type: 'leaves', viewer: holder });
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
    if (viewer !== this.#arbiter.holder) return;
    this.#orders.delete(viewer);
    this.#options.counted('silenced');
    this.#add({ $case: 'liftAll', value: { reason: 'the viewer fell silent' } }, undefined);
  }

  #add(event: Event, touch: Parameters<Outbox['add']>[1]): void {
    const merged = this.#outbox.merged;
    if (!this.#outbox.add(event, touch)) this.#options.counted('dropped');
    else if (this.#outbox.merged > merged) this.#options.counted('merged');
    if (this.#fence === 0 || this.#flushing) return;
    this.#flushing = true;
    // The rest of what this turn of the loop brings goes into the same batch.
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#fence === 0 || this.#outbox.length === 0) return;
    this.#options.send({ fence: this.#fence, events: this.#outbox.take().map((event) => ({ event })) });
  }
}

function lift(reason: string): ControlEvent {
  return { event: { $case: 'liftAll', value: { reason } } };
}
