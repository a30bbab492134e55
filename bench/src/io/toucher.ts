import { type Candidate, NativeViewer } from './native-viewer.js';

/** bench/native/touches: viewers with data channels that are no browser. */
export class Toucher {
  readonly #viewer: NativeViewer;

  private constructor(viewer: NativeViewer) {
    this.#viewer = viewer;
  }

  static async start(program: string): Promise<Toucher> {
    return new Toucher(await NativeViewer.start(program));
  }

  get pid(): number {
    return this.#viewer.pid;
  }

  get fingerprint(): string {
    return this.#viewer.fingerprint;
  }

  /** One viewer more, numbered from 0; resolves when its SCTP association is up. */
  connect(candidate: Candidate): Promise<void> {
    return this.#viewer.connect(candidate);
  }

  /**
   * Sends the events of a file of core/touch-file.ts. Answers CLOCK_MONOTONIC ns just before each by its number; those not taken are missing.
   */
  async send(events: string): Promise<ReadonlyMap<number, bigint>> {
    this.#viewer.say(`go ${events}`);
    const sent = new Map<number, bigint>();
    for (;;) {
      const [kind, number = '', ns = ''] = (await this.#viewer.line()).split(' ');
      if (kind === 'done') return sent;
      if (kind === 'sent') sent.set(Number(number), BigInt(ns));
    }
  }

  close(): Promise<void> {
    return this.#viewer.close();
  }
}
