/** After so long it is asked again: clocks of two machines part by some 50 µs a second at most. */
const GOOD_FOR_MS = 10_000;
/** Of so many answers in a row the quickest counts. */
const TRIES = 3;

interface Reading {
  /** Which host. */
  readonly host: string;
  /** How much its clock is ahead of ours, ms. */
  readonly aheadMs: number;
  readonly atMs: number;
}

/**
 * The clock of another host, told at any time from one question each 10 s, whoever asks. What is wrong with it is at most half of the
 * time that the quickest of some questions took (RFC 5905 §8).
 */
export class HostClock {
  readonly #host: () => string | undefined;
  readonly #ask: () => Promise<number>;
  readonly #ownMs: () => number;
  #reading: Reading | undefined;
  #asking: Promise<Reading> | undefined;

  /**
   * @param host which one is meant now; undefined: none.
   * @param ask its clock, ms.
   */
  constructor(
    host: () => string | undefined,
    ask: () => Promise<number>,
    ownMs: () => number = () => performance.now(),
  ) {
    this.#host = host;
    this.#ask = ask;
    this.#ownMs = ownMs;
  }

  /** Errors: those of `ask`. */
  async now(): Promise<number> {
    const known = this.#reading;
    const good =
      known !== undefined && known.host === this.#host() && this.#ownMs() - known.atMs < GOOD_FOR_MS;
    const { aheadMs } = good ? known : await this.#read();
    return this.#ownMs() + aheadMs;
  }

  #read(): Promise<Reading> {
    this.#asking ??= this.#quickest().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #quickest(): Promise<Reading> {
    const host = this.#host() ?? '';
    let best: { readonly aheadMs: number; readonly tookMs: number } | undefined;
    for (let tries = 0; tries < TRIES; tries++) {
      const asked = this.#ownMs();
      const there = await this.#ask();
      const tookMs = this.#ownMs() - asked;
      if (best === undefined || tookMs < best.tookMs) best = { aheadMs: there - asked - tookMs / 2, tookMs };
    }
    this.#reading = { host, aheadMs: best?.aheadMs ?? 0, atMs: this.#ownMs() };
    return this.#reading;
  }
}
