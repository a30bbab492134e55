import type { LaneServer } from '@ancloud/bus';
import type { LaneOffer, SessionLaneRequest } from '@ancloud/contracts/input/v1/input';
import { AppError } from '@ancloud/kit';
import { StraightWay } from '../core/straight-way.js';
import type { SessionInput } from './session-input.js';

interface Straight {
  readonly fence: number;
  readonly way: StraightWay;
}

/**
 * Lanes by which viewers that hold the controls of one phone speak to its session themselves. input-svc asks for each and says when
 * it begins; it ends with the fence that it was asked for under. Owns the offers; the session's ears close it.
 */
export class StraightLanes {
  readonly #phone: string;
  readonly #lanes: Pick<LaneServer, 'offer' | 'end'>;
  readonly #input: Pick<SessionInput, 'fence' | 'straight'>;
  readonly #open = new Map<number, Straight>();

  constructor(
    phone: string,
    lanes: Pick<LaneServer, 'offer' | 'end'>,
    input: Pick<SessionInput, 'fence' | 'straight'>,
  ) {
    this.#phone = phone;
    this.#lanes = lanes;
    this.#input = input;
  }

  /** Errors: CONTROL_NOT_HELD for a fence that is over. */
  offer({ fence, viewerId: viewer }: SessionLaneRequest): LaneOffer {
    if (fence < this.#input.fence)
      throw new AppError('CONTROL_NOT_HELD', `fence ${fence} is over: ${this.#input.fence} stands`, {
        field: 'fence',
        value: String(fence),
      });
    const way = new StraightWay((bytes) => this.#input.straight(fence, bytes));
    const offer = this.#lanes.offer(
      { phone: this.#phone, viewer },
      {
        message: (bytes) => way.message(bytes),
        closed: () => {
          this.#open.delete(offer.lane);
          way.begin();
        },
      },
    );
    this.#open.set(offer.lane, { fence, way });
    return offer;
  }

  /** All that came by input-svc before the lane has come. */
  begin(lane: number): void {
    this.#open.get(lane)?.way.begin();
  }

  /** Nobody holds the controls under that fence or an older one any more: who did is told by the end of its lane. */
  over(fence: number): void {
    for (const [lane, of] of this.#open) {
      if (of.fence > fence) continue;
      this.#open.delete(lane);
      this.#lanes.end(lane);
    }
  }
}
