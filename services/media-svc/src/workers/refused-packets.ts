import { setLogEventListeners, type types } from 'mediasoup';
import type { Log, Metrics } from '@ancloud/kit';
import { PROTOCOLS, WARNING_TAGS, workerWarning } from '../core/worker-warning.js';

/** What is used of a worker. */
export type Talker = Pick<types.Worker, 'pid' | 'updateSettings'>;

/** Lines that are heard of one worker in a second. */
const LINES = 100;
const SECOND_MS = 1_000;

interface Ear {
  readonly worker: Talker;
  lines: number;
  /** Ends the second that began with its first line. */
  second: NodeJS.Timeout | undefined;
}

/**
 * Counts the packets that workers throw away: malformed ones, and those that nobody takes. mediasoup has no counter of them, but a line in
 * its log for each; the log is read for nothing else. A viewer has one written with each packet, so a worker that has written 100 is told
 * to write none for the rest of the second: rubbish without end costs no more than a little. Owns the process's one listener to mediasoup's
 * log, and a timer for each worker that has just written.
 */
export class RefusedPackets {
  readonly #ears = new Map<number, Ear>();
  readonly #metrics;
  readonly #log: Log;

  constructor(metrics: Metrics, log: Log) {
    this.#log = log;
    this.#metrics = {
      refused: metrics.tally(
        'ancloud_media_packets_refused_total',
        'Lines of workers about packets that they threw away, malformed or taken by nobody; who has written 100 is told to be silent for the rest of the second',
        'protocol',
        PROTOCOLS,
      ),
      unheard: metrics.counter(
        'ancloud_media_refusals_unheard_total',
        'Seconds for whose rest a worker was not heard, as it had thrown so many packets away',
      ),
    };
    setLogEventListeners({ onwarn: (_, line) => this.#hear(line) });
  }

  /** Until it has ended (`forget`). */
  listen(worker: Talker): void {
    this.#ears.set(worker.pid, { worker, lines: 0, second: undefined });
  }

  forget(worker: Talker): void {
    clearTimeout(this.#ears.get(worker.pid)?.second);
    this.#ears.delete(worker.pid);
  }

  /** May be called twice. */
  close(): void {
    setLogEventListeners();
    for (const { worker } of this.#ears.values()) this.forget(worker);
  }

  #hear(line: string): void {
    const warning = workerWarning(line);
    const ear = warning && this.#ears.get(warning.pid);
    if (warning === undefined || ear === undefined) return;
    ear.second ??= setTimeout(() => this.#nextSecond(ear), SECOND_MS);
    ear.lines += 1;
    if (ear.lines === LINES) {
      this.#metrics.unheard.inc();
      this.#tell(ear, []);
    }
    if (warning.refused === undefined) return;
    this.#metrics.refused[warning.refused] += 1;
    this.#log.debug({ pid: warning.pid, line }, 'a media worker threw a packet away');
  }

  #nextSecond(ear: Ear): void {
    const rested = ear.lines >= LINES;
    ear.second = undefined;
    ear.lines = 0;
    if (rested) this.#tell(ear, WARNING_TAGS);
  }

  #tell({ worker }: Ear, tags: readonly types.WorkerLogTag[]): void {
    // Rejects when the worker has ended: there is nothing to hear then.
    worker.updateSettings({ logTags: [...tags] }).catch((err: unknown) => {
      if (this.#ears.has(worker.pid))
        this.#log.warn({ err, pid: worker.pid }, 'a media worker takes no settings');
    });
  }
}
