import { packetRate, type PacketCount } from './core/packet-rate.js';

/** A question to the worker for each stream: often enough to see that a screen moves, before a crowd has joined it. */
const SAMPLE_MS = 2_000;

/** Measures what each viewer of a stream costs its worker, packets a second. Owned by its stream; ends by `close`. */
export class RateMeter {
  readonly #timer: NodeJS.Timeout;
  readonly #changed: (rate: number) => void;
  #rate = 0;
  #before: PacketCount = { packets: 0, atMs: performance.now() };

  /** @param count packets of the phone so far; 0 while none come. @param changed gets each new rate. */
  constructor(count: () => Promise<number>, changed: (rate: number) => void) {
    this.#changed = changed;
    // A count that fails is an ingest's that has just closed: the next one is counted.
    this.#timer = setInterval(() => void this.#sample(count).catch(() => undefined), SAMPLE_MS);
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #sample(count: () => Promise<number>): Promise<void> {
    const now = { packets: await count(), atMs: performance.now() };
    this.#rate = packetRate(this.#rate, this.#before, now);
    this.#before = now;
    this.#changed(this.#rate);
  }
}
