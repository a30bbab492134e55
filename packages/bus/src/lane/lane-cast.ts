import { ControlBatch, type ControlEvent } from '@ancloud/contracts/input/v1/input';
import type { LaneOutlet } from './lane-outlet.js';
import type { SharingLink } from './lane-link.js';
import { type Share, writeShared } from './shared.js';

type Event = NonNullable<ControlEvent['event']>;

/** One event for some lanes of one connection. */
interface Cast {
  readonly shares: Share[];
  readonly outlets: LaneOutlet<ControlBatch>[];
}

/**
 * One turn's events of many phones, such as a group's. The same event for phones whose sessions one process has leaves as one message,
 * which is encoded, sent and decoded once. Lives within one turn of the event loop; nothing else may be sent to a phone between `add`
 * and `leave`, or it would be overtaken.
 */
export class LaneCast {
  /** By the event itself: phones of one size are given the same object. */
  readonly #casts = new Map<Event, Map<SharingLink, Cast>>();
  readonly #afterwards: (() => void)[] = [];

  /** False = this phone's batch has to go alone: it has no lane, or one whose other end hears no shared messages. */
  add(outlet: LaneOutlet<ControlBatch>, event: Event, fence: number, ack: number): boolean {
    const lane = outlet.lane;
    if (lane?.sharing === undefined) return false;
    let links = this.#casts.get(event);
    if (links === undefined) this.#casts.set(event, (links = new Map()));
    let cast = links.get(lane.sharing);
    if (cast === undefined) links.set(lane.sharing, (cast = { shares: [], outlets: [] }));
    cast.shares.push({ lane: lane.lane, fence, ack });
    cast.outlets.push(outlet);
    return true;
  }

  /** Does it when all has left. */
  afterwards(what: () => void): void {
    this.#afterwards.push(what);
  }

  /** All that was added leaves. */
  leave(): void {
    for (const [event, links] of this.#casts) {
      let batch: Uint8Array | undefined;
      for (const [link, { shares, outlets }] of links) {
        if (shares.length > 1) {
          batch ??= ControlBatch.encode({ fence: 0, events: [{ event }], ack: 0 }).finish();
          if (link.send(writeShared(shares, batch))) {
            for (const outlet of outlets) outlet.shared();
            continue;
          }
        }
        // Alone, each by the way that it has.
        for (const [index, outlet] of outlets.entries()) {
          const { fence = 0, ack = 0 } = shares[index] ?? {};
          outlet.publish({ fence, events: [{ event }], ack });
        }
      }
    }
    this.#casts.clear();
    for (const what of this.#afterwards.splice(0)) what();
  }
}
