import type { AppError, Clock } from '@ancloud/kit';
import type { PhoneLink } from './phone-link.js';
import { Waiters } from './waiters.js';

/**
 * How long a caller waits for a link that is not there yet, ms. A phone is READY some hundred ms before it is connected (seconds on a
 * host that is busy), and after a lost link the first tries come within a second.
 */
const ARRIVAL_MS = 5_000;

/** Callers that came before the link did. Owned by its session. */
export class LinkArrival {
  readonly #waiters = new Waiters<PhoneLink>();

  /** Errors: what `late` throws when no link came within 5 s, what `ended` was given, CANCELLED with the signal. */
  async wait(clock: Clock, signal: AbortSignal, late: () => PhoneLink): Promise<PhoneLink> {
    const patience = new AbortController();
    const timer = clock.setTimeout(() => patience.abort(), ARRIVAL_MS);
    try {
      return await this.#waiters.wait(AbortSignal.any([signal, patience.signal]));
    } catch (error) {
      return patience.signal.aborted ? late() : Promise.reject(error);
    } finally {
      timer.cancel();
    }
  }

  came(link: PhoneLink): void {
    this.#waiters.resolve(link);
  }

  /** None will come, or nobody may have it. */
  ended(why: AppError): void {
    this.#waiters.reject(why);
  }
}
