import type { Link } from '../core/layer-choice.js';
import { nothingReported, reported } from '../core/reported-loss.js';
import type { Receiver } from './receiver.js';

/**
 * A link by its player's receiver reports, where that tells no bandwidth. mediasoup's own score of it is none: it is an average over 24 reports
 * of any length, and Chromium, which sends 60 a second while it lacks packets, fills that with intervals in which nothing was sent, each a 10
 * (seen: 8 to 10 at four lost packets of five). Each look is a question to the worker, so only players that have no other voice are looked at.
 * Owned by its viewer; ends with its receiver.
 */
export class ReportedLink {
  readonly #receiver: Pick<Receiver, 'consumers' | 'link' | 'video'>;
  #state = nothingReported;

  constructor(receiver: Pick<Receiver, 'consumers' | 'link' | 'video'>) {
    this.#receiver = receiver;
  }

  /** As `Receiver.link`, by the reports until the look before; to be called each second. */
  look(): Link | undefined {
    const { link } = this.#receiver;
    if (link === undefined || link.availableBps !== undefined) return link;
    // Closed meanwhile: the next one is looked at.
    this.#read().catch(() => undefined);
    return { availableBps: undefined, score: this.#state.score };
  }

  async #read(): Promise<void> {
    const { consumers, video } = this.#receiver;
    const consumer = consumers.find(({ id }) => id === video);
    const stats = (await consumer?.getStats()) ?? [];
    const outbound = stats.find(({ type }) => type === 'outbound-rtp');
    if (consumer === undefined || outbound === undefined) return;
    this.#state = reported(this.#state, {
      consumer: consumer.id,
      sent: outbound.packetCount,
      lost: outbound.packetsLost,
      fractionLost: outbound.fractionLost,
      roundTripMs: outbound.roundTripTime ?? 0,
    });
  }
}
