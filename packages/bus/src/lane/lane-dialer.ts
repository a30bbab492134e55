import type { ControlAck, LaneOffer } from '@ancloud/contracts/input/v1/input';
import { AppError, type FarmTls } from '@ancloud/kit';
import { LaneLink, type OpenLane } from './lane-link.js';

/** Takes up offers; lanes to one process share a connection. Owns the connections. */
export class LaneDialer {
  readonly #links = new Map<string, LaneLink>();
  readonly #tls: FarmTls | undefined;
  #closed = false;

  /** `tls`: for addresses over TCP. Default: plain text. */
  constructor(tls?: FarmTls) {
    this.#tls = tls;
  }

  /**
   * `closed` is told once, when the other end has closed the lane or is gone; `acked` of answers to shared messages. Errors: UNAVAILABLE when the offer could not be
   * taken up, or this end is closed.
   */
  async open(offer: LaneOffer, closed: () => void, acked?: (ack: ControlAck) => void): Promise<OpenLane> {
    const { address } = offer;
    if (this.#closed) throw new AppError('UNAVAILABLE', `a lane to ${address}: this service ends`);
    let link = this.#links.get(address);
    if (link === undefined) {
      const made: LaneLink = new LaneLink(
        address,
        () => {
          if (this.#links.get(address) === made) this.#links.delete(address);
        },
        this.#tls,
      );
      link = made;
      this.#links.set(address, link);
    }
    return link.open(offer, closed, acked);
  }

  /** Ends all lanes. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
  }
}
