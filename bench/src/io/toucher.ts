import { type Candidate, NativeViewer } from './native-viewer.js';

/** bench/native/touches: viewers with data channels that are no browser. */
export class Toucher {
  readonly #viewer: NativeViewer;

  private constructor(viewer: NativeViewer) {
    this.#viewer = viewer;
  }

  /** @param events file of core/touch-file.ts. */
  static async start(program: string, events: string): Promise<Toucher> {
    return new Toucher(await NativeViewer.start(program, [events]));
  }

  get fingerprint(): string {
    return this.#viewer.fingerprint;
  }

  /** One viewer more, numbered from 0; resolves when its SCTP association is up. */
  connect(candidate: Candidate): Promise<void> {
    return this.#viewer.connect(candidate);
  }

  /** Sends all events. Answers CLOCK_MONOTONIC ns just before each by its number; those not taken are missing. */
  async send(): Promise<ReadonlyMap<number, bigint>> {
    this.#viewer.say('go');
    const sent = new Map<number, bigint>();
    for (const line of await this.#viewer.rest()) {
      const [kind, number = '', ns = ''] = line.split(' ');
      if (kind === 'sent') sent.set(Number(number), BigInt(ns));
    }
    return sent;
  }

  close(): Promise<void> {
    return this.#viewer.close();
  }
}
