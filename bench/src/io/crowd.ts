import type { Got } from '../core/shortfall.js';
import { type Candidate, NativeViewer } from './native-viewer.js';
import { transportWideId } from './transport-wide.js';

export interface CrowdTotals {
  readonly packets: number;
  readonly lost: number;
  /** CLOCK_MONOTONIC ns of each viewer's first whole frame, by viewer. */
  readonly firstFrames: ReadonlyMap<number, bigint>;
}

/** Many viewers in one process of bench/native/peers. They tell their sender what arrives, as browsers do. */
export class Crowd {
  readonly #native: NativeViewer;
  readonly #waiting: PromiseWithResolvers<number>[] = [];
  #count: PromiseWithResolvers<{ packets: number; lost: number }> | undefined;
  #each: PromiseWithResolvers<Got[]> | undefined;
  readonly #firstFrames = new Map<number, bigint>();
  #packets = 0;
  #lost = 0;
  readonly #ended: Promise<void>;

  private constructor(native: NativeViewer) {
    this.#native = native;
    this.#ended = this.#listen();
  }

  static async start(program: string): Promise<Crowd> {
    // One frame of each: more is not asked for.
    return new Crowd(await NativeViewer.start(program, [String(transportWideId), '1']));
  }

  get fingerprint(): string {
    return this.#native.fingerprint;
  }

  get pid(): number {
    return this.#native.pid;
  }

  /** One viewer more; its number, when media can come. */
  connect({ ip, port, usernameFragment, password }: Candidate): Promise<number> {
    const connected = Promise.withResolvers<number>();
    this.#waiting.push(connected);
    this.#native.say(`${ip} ${port} ${usernameFragment} ${password}`);
    return connected.promise;
  }

  /** What all have received so far. */
  count(): Promise<{ packets: number; lost: number }> {
    this.#count = Promise.withResolvers();
    this.#native.say('count');
    return this.#count.promise;
  }

  /** What each has received so far, one that failed too. */
  each(): Promise<Got[]> {
    this.#each = Promise.withResolvers();
    this.#native.say('each');
    return this.#each.promise;
  }

  async finish(): Promise<CrowdTotals> {
    this.#native.hush();
    await this.#ended;
    return { packets: this.#packets, lost: this.#lost, firstFrames: this.#firstFrames };
  }

  /** Also after `finish`. */
  async close(): Promise<void> {
    await this.#native.close();
    await this.#ended;
  }

  async #listen(): Promise<void> {
    for (;;) {
      const line = await this.#native.line().catch(() => undefined);
      if (line === undefined) break;
      const [what, first = '', second = '', third = '', , at = ''] = line.split(' ');
      if (what === 'connected') this.#waiting[Number(first)]?.resolve(Number(first));
      else if (what === 'failed') this.#waiting[Number(first)]?.reject(new Error(`native viewer: ${line}`));
      else if (what === 'count') this.#count?.resolve({ packets: Number(first), lost: Number(second) });
      else if (what === 'each') this.#each?.resolve(gotOf(line));
      else if (what === 'frame') this.#firstFrames.set(Number(first), BigInt(at));
      else if (what === 'total') {
        this.#packets += Number(second);
        this.#lost += Number(third);
      }
    }
    const gone = new Error('the native viewers ended');
    for (const { reject } of this.#waiting) reject(gone);
    this.#count?.reject(gone);
    this.#each?.reject(gone);
  }
}

function gotOf(line: string): Got[] {
  const numbers = line.split(' ').slice(1).map(Number);
  return numbers.flatMap((came, at) => (at % 2 === 0 ? [{ came, sent: numbers[at + 1] ?? NaN }] : []));
}
