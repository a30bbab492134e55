import type { ClientPool, Log } from '@ancloud/kit';
import type { FarmFacts } from '../farm/farm-facts.js';

/** How soon one that has come is felt, and one that has left no more, ms. */
const LOOK_MS = 5_000;

export interface MediaPulsesParts {
  readonly facts: Pick<FarmFacts, 'medias'>;
  readonly medias: Pick<ClientPool<object>, 'watch'>;
  readonly log: Log;
}

/** Feels the pulses of all media-svcs of the farm, so that one that vanishes is known at once. Owned by main; ends by `close`. */
export class MediaPulses {
  readonly #parts: MediaPulsesParts;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: MediaPulsesParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    void this.#look();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { facts, medias, log } = this.#parts;
    try {
      medias.watch((await facts.medias()).map(({ mediaAddress }) => mediaAddress));
    } catch (err) {
      // Redis is away: those that were known are felt as before.
      log.debug({ err }, 'the media-svcs could not be listed');
    }
  }
}
