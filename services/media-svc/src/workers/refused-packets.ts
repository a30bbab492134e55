import { setLogEventListeners, type types } from 'mediasoup';
import type { Log, Metrics } from '@ancloud/kit';
import { WARNING_TAGS, workerWarning } from '../core/worker-warning.js';

/** What is used of a worker. */
export type Talker = Pick<types.Worker, 'pid' | 'updateSettings'>;

const SECOND_MS = 1_000;
/** Of each second. */
const HEARD_MS = 100;
/** Lines of one worker in a second, whatever they are of. */
const LINES = 100;

interface Ear {
  readonly worker: Talker;
  readonly seconds: NodeJS.Timeout;
  /** The end of what is heard of this one. */
  end: NodeJS.Timeout | undefined;
  /** In this second; of them `refused` about packets that were thrown away. */
  lines: number;
  refused: number;
}

/**
 * Counts the packets of RTP that workers throw away: malformed ones, and those that nobody takes, in a tenth of the time. mediasoup has no
 * counter of them, but a line in its log for each; the log is read for nothing else. Not all of the time: the same tag has a line written
 * for each honest viewer when a screen moves that stood still, beside its packets. And a viewer has a few written with each packet, so a worker
 * that has written 100 is told to be silent at once: rubbish without end costs no more than a little. Owns the process's one listener to
 * mediasoup's log, and timers for each worker.
 */
export class RefusedPackets {
  readonly #ears = new Map<number, Ear>();
  readonly #metrics;
  readonly #log: Log;

  constructor(metrics: Metrics, log: Log) {
    this.#log = log;
    this.#metrics = {
      refused: metrics.counter(
        'ancloud_media_rtp_refused_total',
        'Packets of RTP that workers threw away, malformed or taken by nobody, in a tenth of the time',
      ),
      unheard: metrics.counter(
        'ancloud_media_refusals_unheard_total',
        'Seconds in which a worker was silenced, as it had thrown so many packets away',
      ),
    };
    setLogEventListeners({ onwarn: (_, line) => this.#hear(line) });
  }

  /** A worker that was made without tags; until it has ended (`forget`). */
  listen(worker: Talker): void {
    const ear: Ear = {
      worker,
      seconds: setInterval(() => this.#nextSecond(ear), SECOND_MS),
      end: undefined,
      lines: 0,
      refused: 0,
    };
    ear.seconds.unref();
    this.#ears.set(worker.pid, ear);
  }

  forget(worker: Talker): void {
    const ear = this.#ears.get(worker.pid);
    clearInterval(ear?.seconds);
    clearTimeout(ear?.end);
    this.#ears.delete(worker.pid);
  }

  /** May be called twice. */
  close(): void {
    setLogEventListeners();
    for (const { worker } of this.#ears.values()) this.forget(worker);
  }

  #nextSecond(ear: Ear): void {
    ear.lines = 0;
    ear.refused = 0;
    this.#tell(ear, WARNING_TAGS);
    ear.end = setTimeout(() => {
      if (ear.lines < LINES) this.#tell(ear, []);
    }, HEARD_MS);
    ear.end.unref();
  }

  #hear(line: string): void {
    const warning = workerWarning(line);
    const ear = warning && this.#ears.get(warning.pid);
    if (warning === undefined || ear === undefined) return;
    ear.lines += 1;
    if (warning.refused) {
      ear.refused += 1;
      this.#metrics.refused.inc();
      this.#log.debug({ pid: warning.pid, line }, 'a media worker threw a packet away');
    }
    if (ear.lines !== LINES) return;
    if (ear.refused > 0) this.#metrics.unheard.inc();
    this.#tell(ear, []);
  }

  #tell({ worker }: Ear, tags: readonly types.WorkerLogTag[]): void {
    // Rejects when the worker has ended: there is nothing to hear then.
    worker.updateSettings({ logTags: [...tags] }).catch((err: unknown) => {
      if (this.#ears.has(worker.pid))
        this.#log.warn({ err, pid: worker.pid }, 'a media worker takes no settings');
    });
  }
}
