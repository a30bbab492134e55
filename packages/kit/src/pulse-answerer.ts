import { Worker } from 'node:worker_threads';
import { splitAddress } from './own-address.js';
import type { Log } from './log.js';
import { ANSWER, ASK, PULSE_BYTES } from './pulse-wire.js';

/**
 * What the thread runs. A text and no module of its own: services are one file (tools/dev/bundle.mjs). A port that is taken is tried again each second; until it is had, nobody
 * who asks concludes anything.
 */
const THREAD = `
const { createSocket } = require('node:dgram');
const { parentPort, workerData } = require('node:worker_threads');
const { host, port, type, ask, answer, bytes } = workerData;
let told = false;
const open = () => {
  const socket = createSocket(type);
  socket.on('message', (asked, from) => {
    if (asked.length !== bytes || asked.toString('latin1', 0, ask.length) !== ask) return;
    asked.write(answer, 'latin1');
    socket.send(asked, from.port, from.address, () => undefined);
  });
  socket.once('error', (error) => {
    if (!told) parentPort.postMessage({ trouble: error.message });
    told = true;
    socket.close();
    setTimeout(open, 1000);
  });
  socket.bind(port, host, () => parentPort.postMessage({ port: socket.address().port }));
};
open();
`;

/** An isolate of its own, with next to nothing in it. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 4 };

/**
 * Answers by UDP who asks whether this process lives (`Pulses`), at the port of its gRPC. By a thread that does nothing else: an event loop that is busy answers late, and that must
 * not be taken for a machine that has vanished. Nothing is told but that, and to nobody more bytes than it sent. Owned by main; ends by `close`.
 */
export class PulseAnswerer {
  readonly #address: string;
  readonly #log: Log;
  #thread: Worker | undefined;
  readonly #bound = Promise.withResolvers<number>();
  #closed = false;

  constructor(address: string, log: Log) {
    this.#address = address;
    this.#log = log;
  }

  /** Begins, when somebody may ask: a thread takes 13 MiB. May be called twice. */
  start(): void {
    if (this.#thread !== undefined || this.#closed) return;
    const { host, port } = splitAddress(this.#address);
    const type = host.includes(':') ? 'udp6' : 'udp4';
    const thread = new Worker(THREAD, {
      eval: true,
      workerData: { host, port, type, ask: ASK, answer: ANSWER, bytes: PULSE_BYTES },
      resourceLimits: LIMITS,
    });
    this.#thread = thread;
    // It is never what keeps a process alive.
    thread.unref();
    thread.on('message', ({ trouble, port: bound }: { trouble?: string; port?: number }) => {
      if (bound !== undefined) this.#bound.resolve(bound);
      else
        this.#log.warn(
          { address: this.#address, trouble },
          'pulses cannot be answered yet: should this machine vanish, that is noticed later',
        );
    });
    thread.on('error', (err) => this.#log.warn({ err }, 'pulses are answered no more'));
  }

  /** The port, once it answers there. */
  get port(): Promise<number> {
    return this.#bound.promise;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }
}
