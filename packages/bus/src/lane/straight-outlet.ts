import { subjects } from '@ancloud/contracts';
import { LaneOffer } from '@ancloud/contracts/input/v1/input';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { asAppError, Backoff } from '@ancloud/kit';
import type { Outlet } from '../options.js';
import type { OpenLane } from './lane-link.js';
import { LaneOutlet, type LaneOutletOptions } from './lane-outlet.js';

/** input-svc asks session-svc meanwhile. */
const ASK_MS = 2_000;
/** Tags of ViewerInput's fields `control` and `heartbeat`: input-svc alone has to do with them. */
const CONTROL = 0x3a;
const HEARTBEAT = 0x42;

export interface StraightOutletOptions extends Omit<
  LaneOutletOptions<ViewerInput>,
  'sent' | 'lost' | 'subject' | 'lane'
> {
  /** Messages by their way. */
  readonly sent: { lane: number; bus: number; straight: number };
}

/**
 * One viewer's messages. They go to the input-svc that serves the phone; while the viewer holds the controls they go straight to
 * the phone's session, by a lane that input-svc got for it, and a copy goes to input-svc: one hop less for whoever waits (ADR 14).
 * The lane is asked for by and by while the viewer speaks. It is left when it is closed, which is what session-svc does as soon as
 * the fence is raised, and when the lane to input-svc is lost.
 */
export class StraightOutlet implements Outlet<ViewerInput> {
  readonly #options: StraightOutletOptions;
  readonly #outlet: LaneOutlet<ViewerInput>;
  readonly #backoff = new Backoff({ minMs: 50, maxMs: 2_000 });
  #way: OpenLane | undefined;
  #asking = false;
  /** Monotonic ms: not asked before. */
  #askFromMs = 0;
  #closed = false;

  constructor(options: StraightOutletOptions) {
    this.#options = options;
    this.#outlet = new LaneOutlet({
      ...options,
      subject: subjects.viewerInput,
      lane: subjects.viewerLane,
      lost: () => this.#leave(),
    });
  }

  get subject(): string {
    return this.#outlet.subject;
  }

  publish(message: ViewerInput): boolean {
    return this.publishRaw(ViewerInput.encode(message).finish());
  }

  publishRaw(bytes: Uint8Array): boolean {
    const mayGo = bytes[0] !== CONTROL && bytes[0] !== HEARTBEAT;
    const lane = this.#outlet.lane;
    if (this.#way !== undefined && lane !== undefined && mayGo) {
      if (this.#way.send(bytes)) {
        this.#options.sent.straight += 1;
        // Never twice: what is on its way is not sent again where the copy cannot go.
        if (!lane.copy(bytes)) this.#leave();
        return true;
      }
      this.#leave();
    }
    const published = this.#outlet.publishRaw(bytes);
    if (mayGo) this.#ask();
    return published;
  }

  /** What was sent still arrives. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#leave();
    this.#outlet.close();
  }

  #ask(): void {
    const { clock } = this.#options;
    if (this.#asking || this.#way !== undefined || this.#closed || this.#outlet.lane === undefined) return;
    if (clock.monotonic() < this.#askFromMs) return;
    this.#asking = true;
    void this.#open().finally(() => (this.#asking = false));
  }

  async #open(): Promise<void> {
    const { bus, dialer, params, clock, log } = this.#options;
    const toInput = this.#outlet.lane;
    try {
      const offer = await bus.request(subjects.straightLane, params, {}, LaneOffer, { timeoutMs: ASK_MS });
      let gone = false;
      const way = await dialer.open(offer, () => {
        gone = true;
        if (this.#way?.lane === offer.lane) this.#way = undefined;
      });
      // The offer was made by who hears that lane: told there, in order with all that went before, when the straight way begins.
      if (gone || this.#closed || toInput === undefined || this.#outlet.lane !== toInput) return way.close();
      if (!toInput.straight(way.lane)) return way.close();
      this.#way = way;
      this.#backoff.reset();
    } catch (error) {
      this.#askFromMs = clock.monotonic() + this.#backoff.next();
      // Most often it does not hold the controls.
      log.debug({ subject: this.subject, err: asAppError(error) }, 'no straight lane');
    }
  }

  #leave(): void {
    this.#way?.close();
    this.#way = undefined;
  }
}
