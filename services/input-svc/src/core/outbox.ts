import type { TouchOrder } from '@ancloud/kit/input-translation';

/**
 * What waits for a phone, or for all of a group, within one turn of the event loop, or while a new holder's lease is taken.
 *
 * Policy: at most `limit` events. A move replaces an older move of the same gesture that stands last (each touch carries
 * all fingers, so nothing is lost); when full, a move is dropped; downs, ups, keys and the rest never are: they grow the
 * box beyond its limit, bounded by the viewer's own rate limit.
 */
export class Outbox<Event> {
  #events: Event[] = [];
  #lastMove: TouchOrder | undefined;
  /** Moves merged into newer ones, and moves dropped, since the start. */
  merged = 0;
  dropped = 0;

  constructor(readonly limit = 60) {}

  get length(): number {
    return this.#events.length;
  }

  /** False when it was a move for which there was no room. */
  add(event: Event, touch: TouchOrder | undefined): boolean {
    const move = touch?.move === true ? touch : undefined;
    if (
      move !== undefined &&
      this.#lastMove !== undefined &&
      this.#lastMove.gesture === move.gesture &&
      this.#lastMove.fingersDown === move.fingersDown
    ) {
      this.#events[this.#events.length - 1] = event;
      this.#lastMove = move;
      this.merged += 1;
      return true;
    }
    if (move !== undefined && this.#events.length >= this.limit) {
      this.dropped += 1;
      return false;
    }
    this.#events.push(event);
    this.#lastMove = move;
    return true;
  }

  /** All that waits, oldest first; empty afterwards. */
  take(): Event[] {
    const events = this.#events;
    this.#events = [];
    this.#lastMove = undefined;
    return events;
  }
}
