import type { ControlBatch, LaneOffer } from '@ancloud/contracts/input/v1/input';
import { AppError } from '@ancloud/kit';
import type { Controls } from './controls.js';

export interface StraightOptions {
  readonly phoneId: string;
  readonly controls: Controls;
  /** Asks the phone's session for a lane of the viewer's own. */
  readonly ask: (fence: number, viewer: string) => Promise<LaneOffer>;
  /** Sends what waits. */
  readonly flush: () => void;
  readonly send: (batch: ControlBatch) => void;
}

/**
 * The holder's way past input-svc (ADR 14). It is given with the fence and ends with it: session-svc closes it when it hears that the
 * fence is over or of a higher one, so no viewer has to be asked to stop. What goes there comes here as a copy, by which the holder's time, silence, groups and macros go on.
 */
export class Straight {
  readonly #options: StraightOptions;
  /** Ways of the present fence: a viewer may have one from each end of its connection, its data channel's and its WebSocket's. */
  #ways = new Set<number>();
  #fence = 0;

  constructor(options: StraightOptions) {
    this.#options = options;
  }

  /** A lane for `viewer`. Errors: CONTROL_NOT_HELD; UNAVAILABLE_BUS and DEADLINE_EXCEEDED when the session does not answer. */
  async offer(viewer: string): Promise<LaneOffer> {
    const { controls, ask, phoneId } = this.#options;
    // Its first touch may be what the lease is being taken for.
    await controls.settled();
    const { fence } = controls;
    if (controls.holder !== viewer || fence === 0)
      throw new AppError(
        'CONTROL_NOT_HELD',
        `viewer ${viewer} does not hold the controls of phone ${phoneId}`,
      );
    const offer = await ask(fence, viewer);
    if (controls.fence !== fence)
      throw new AppError(
        'CONTROL_NOT_HELD',
        `viewer ${viewer} holds the controls of phone ${phoneId} no more`,
      );
    if (this.#fence !== fence) this.#ways = new Set();
    this.#fence = fence;
    this.#ways.add(offer.lane);
    return offer;
  }

  /** From here on the viewer's messages go by that lane: the session learns that it has all that was before. */
  begins(lane: number): void {
    const { controls, flush, send } = this.#options;
    if (this.#fence !== controls.fence || !this.#ways.delete(lane)) return;
    flush();
    send({ fence: controls.fence, events: [], ack: 0, straight: lane });
  }
}
