import { type Candidate, NativeViewer } from './native-viewer.js';
import { transportWideId } from './transport-wide.js';

/** A packet with the marker bit, as it was decrypted. */
export interface ReceivedFrame {
  readonly ssrc: number;
  readonly timestamp: number;
  /** Last four bytes of the packet. */
  readonly tag: number;
  /** CLOCK_MONOTONIC. */
  readonly ns: bigint;
}

export interface Received {
  readonly frames: readonly ReceivedFrame[];
  readonly packets: number;
  readonly lost: number;
}

/** bench/native/peers with one viewer: a DTLS/SRTP receiver that is no browser. It tells its sender what arrives, as browsers do. */
export class Peer {
  readonly #viewer: NativeViewer;

  private constructor(viewer: NativeViewer) {
    this.#viewer = viewer;
  }

  static async start(program: string): Promise<Peer> {
    return new Peer(await NativeViewer.start(program, [String(transportWideId)]));
  }

  get pid(): number {
    return this.#viewer.pid;
  }

  get fingerprint(): string {
    return this.#viewer.fingerprint;
  }

  /** Resolves when media can come. */
  connect(candidate: Candidate): Promise<void> {
    return this.#viewer.connect(candidate);
  }

  /** Ends it and answers all that has come. */
  async finish(): Promise<Received> {
    this.#viewer.hush();
    const frames: ReceivedFrame[] = [];
    for (;;) {
      const [kind, , a = '', b = '', c = '', d = ''] = (await this.#viewer.line()).split(' ');
      if (kind === 'total') return { frames, packets: Number(a), lost: Number(b) };
      if (kind === 'frame')
        frames.push({ ssrc: Number(a), timestamp: Number(b), tag: parseInt(c, 16), ns: BigInt(d) });
    }
  }

  /** Also after `finish`. */
  close(): Promise<void> {
    return this.#viewer.close();
  }
}
