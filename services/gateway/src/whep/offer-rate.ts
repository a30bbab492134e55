import { AppError, type Clock } from '@ancloud/kit';
import { Buckets } from '../api/buckets.js';

/** Offers of one token: whoever is told to come again does so each five seconds, or grows slower. */
const RULE = { burst: 20, perSecond: 1 } as const;

/**
 * How often a token may be tried. A refused offer leaves it as it was, and each one is read in the one thread of a media-svc, by which all
 * touches go too: so its holder could keep that busy without ever being let in.
 */
export class OfferRate {
  readonly #buckets: Buckets;

  constructor(clock: Clock) {
    this.#buckets = new Buckets(RULE, clock);
  }

  /** One offer more by the token of `id`, which has been verified. Errors: RATE_LIMITED. */
  take(id: string): void {
    if (this.#buckets.spend(id).ok) return;
    throw new AppError(
      'RATE_LIMITED',
      `more than ${RULE.burst} offers by one token at once, or ${RULE.perSecond} a second`,
      { field: 'token', fix: 'read why an offer was refused before it is sent again' },
    );
  }
}
