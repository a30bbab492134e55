import { Worker } from 'node:worker_threads';

/** Runs in the worker, which has a thread of its own: it sees a main thread that never comes back. */
const CODE = `
const { parentPort, workerData } = require('node:worker_threads');
let timer;
parentPort.on('message', (what) => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    require('node:fs').writeSync(2, 'hangs for ' + workerData + ' ms: ' + what + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }, workerData);
});
`;

/**
 * Ends this process when one piece of work never comes back, and says which. No timeout of a test can: a loop that does not end lets no
 * timer run. `withinMs` is for hangs alone, far beyond what any machine needs.
 */
export class Watchdog {
  readonly #worker: Worker;

  constructor(withinMs: number) {
    this.#worker = new Worker(CODE, { eval: true, workerData: withinMs });
    this.#worker.unref();
  }

  /** A piece of work begins, and the one before is over. */
  busy(what: string): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin, unlike a window
    this.#worker.postMessage(what);
  }

  close(): void {
    void this.#worker.terminate();
  }
}
