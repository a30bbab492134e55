import { countedRate } from '../core/counted-rate.js';

/** A question to the worker for each stream: often enough to see that a screen moves, before a crowd has joined it or a link is full. */
const SAMPLE_MS = 1_000;

/** What a stream sends each of its viewers, each a second. */
export interface StreamRate {
  readonly packets: number;
  readonly bits: number;
}

/** Measures what each viewer of a stream costs its worker and its link. Owned by its stream; ends by `close`. */
export class RateMeter {
  readonly #timer: NodeJS.Timeout;
  readonly #measured: (rate: StreamRate) => void;
  #rate: StreamRate = { packets: 0, bits: 0 };
  #before = { packets: 0, bits: 0, atMs: performance.now() };

  /** @param count what came of the phone so far; 0 while nothing does. @param measured gets the rate of each second. */
  constructor(
    count: () => Promise<{ readonly packets: number; readonly bytes: number }>,
    measured: (rate: StreamRate) => void,
  ) {
    this.#measured = measured;
    // A count that fails is an ingest's that has just closed: the next one is counted.
    this.#timer = setInterval(() => void this.#sample(count).catch(() => undefined), SAMPLE_MS);
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #sample(count: () => Promise<{ readonly packets: number; readonly bytes: number }>): Promise<void> {
    const { packets, bytes } = await count();
    const now = { packets, bits: bytes * 8, atMs: performance.now() };
    const of = (what: keyof StreamRate): number =>
      countedRate(
        this.#rate[what],
        { count: this.#before[what], atMs: this.#before.atMs },
        { count: now[what], atMs: now.atMs },
      );
    this.#rate = { packets: of('packets'), bits: of('bits') };
    this.#before = now;
    this.#measured(this.#rate);
  }
}
