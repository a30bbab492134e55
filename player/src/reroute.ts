import type { Dialler } from './dialler.js';
import type { Signal } from './signal.js';

/**
 * How long the signalling may take to answer, ms, after a connection beside it has opened. A network that is another one took the
 * old way with it. Media fall silent for other reasons too: on a link that takes no more their packets are lost and the signalling's are only late, and a viewer
 * who came again for that would burden it with a new picture.
 */
const PATIENCE_MS = { network: 0, silence: 1_000 } as const;

/** What a connection has now, if it has it. */
export interface Ways {
  readonly signal: Signal | undefined;
  readonly media: { restartIce(): Promise<void> } | undefined;
}

/** Another way for the media of a connection; and for its signalling, which may be as dead as they are, and whose TCP would not say so for minutes. */
export class Reroute {
  readonly #dialler: Dialler;
  readonly #ways: () => Ways;
  #rounds = 0;

  constructor(dialler: Dialler, ways: () => Ways) {
    this.#dialler = dialler;
    this.#ways = ways;
  }

  begin(cause: keyof typeof PATIENCE_MS): void {
    const { signal, media } = this.#ways();
    // A connection that is being made by the network that was.
    if (signal === undefined) return this.#dialler.drop();
    const why = cause === 'network' ? 'the network changed' : 'the media went silent';
    void this.#connectBeside(signal, why, PATIENCE_MS[cause]);
    // Media that are being set up may have asked for what nobody answers.
    const asked = media?.restartIce() ?? Promise.reject(new Error('there are no media yet'));
    asked.catch(() => signal.cut(why));
  }

  /** A new connection takes more round trips than an answer by the one that is: if it is open first, that one is dead. */
  async #connectBeside(signal: Signal, why: string, patienceMs: number): Promise<void> {
    const askedAt = performance.now();
    const round = ++this.#rounds;
    // Another network since, or another life, which may have taken the new connection.
    const over = (): boolean => round !== this.#rounds || signal !== this.#ways().signal;
    await this.#dialler.anew();
    if (over()) return;
    if (signal.heardAt <= askedAt && patienceMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, patienceMs));
      if (over()) return;
    }
    if (signal.heardAt <= askedAt) signal.cut(why);
    else this.#dialler.drop();
  }
}
