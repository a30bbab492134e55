import { createWorker, type types } from 'mediasoup';
import { AppError, type Log } from '@ancloud/kit';
import { isFull, placeStream, placeViewer, type WorkerBudget } from '../core/placement.js';
import type { RefusedPackets } from './refused-packets.js';

/** One worker process and its one WebRtcServer: all viewers on it share a UDP and a TCP port. */
export interface PoolWorker {
  readonly index: number;
  readonly worker: types.Worker;
  readonly server: types.WebRtcServer;
  /** Addresses at which viewers are told that it listens, the preferred one first. */
  readonly announced: readonly string[];
  /** Streams whose packets arrive on it; kept through `lend` and `giveBack`. */
  streams: number;
  /** Viewers on it, of all streams; kept by those who seat them (branches.ts). */
  viewers: number;
  /** Packets a second that those viewers get; as `viewers`. */
  packets: number;
}

export interface WorkerPoolOptions {
  readonly count: number;
  /** What is on one worker beyond which a stream spreads to the next (core/placement.ts). */
  readonly budget: WorkerBudget;
  /** Addresses that are listened on, each by a UDP and a TCP socket. */
  readonly listenIps: readonly string[];
  /** What viewers are told instead (NAT); none = nothing else. */
  readonly announced: readonly string[];
  /** Worker n listens on port + n, UDP and TCP. */
  readonly port: number;
  readonly workerBin: string | undefined;
  /** Listens to what workers write about packets that they throw away. */
  readonly refused: Pick<RefusedPackets, 'listen' | 'forget'>;
  readonly log: Log;
}

const RESTART_DELAY_MS = 200;
/**
 * All viewers of a worker share one socket: each tells ten times a second what has arrived, and who joins must not lose its
 * handshake among them. The kernel gives as much of it as net.core.rmem_max allows.
 */
const SOCKET_BUFFER = 4 << 20;

/**
 * The root of mediasoup's tree. Owns the workers. A worker that dies takes its routers with it (their branches hear of it
 * by the router's close) and is started anew on the same port.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Map<number, PoolWorker>();
  readonly #starting = new Map<number, Promise<void>>();
  #closed = false;

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Starts all workers. Errors: PORT_TAKEN, EXEC_FAILED when the worker binary does not run. */
  static async create(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      await Promise.all(Array.from({ length: options.count }, (_, index) => pool.#start(index)));
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  get size(): number {
    return this.#workers.size;
  }

  get living(): readonly PoolWorker[] {
    return [...this.#workers.values()];
  }

  /** No worker has room for one more viewer, of `rate` packets a second. */
  full(rate = 0): boolean {
    return isFull([...this.#workers.values()], rate, this.#options.budget);
  }

  /** Of all workers together. */
  get budget(): WorkerBudget {
    const { viewers, packets } = this.#options.budget;
    return { viewers: viewers * this.size, packets: packets * this.size };
  }

  /** Packets a second that go to all viewers. */
  get packets(): number {
    return [...this.#workers.values()].reduce((sum, { packets }) => sum + packets, 0);
  }

  /** The pids of the worker processes, for the operator and for tests that kill one. */
  get pids(): number[] {
    return [...this.#workers.values()].map(({ worker }) => worker.pid);
  }

  /** The worker on which a new stream is to arrive. Errors: CAPACITY while none is alive. */
  lend(): PoolWorker {
    const worker = this.#living(placeStream([...this.#workers.values()]));
    worker.streams += 1;
    return worker;
  }

  giveBack(worker: PoolWorker): void {
    worker.streams -= 1;
  }

  /**
   * The worker for one more viewer, of `rate` packets a second, of a stream that is on `carrying`, its root first. Errors: CAPACITY while
   * none is alive.
   */
  place(carrying: readonly PoolWorker[], rate: number): PoolWorker {
    // A worker that was started anew has its predecessor's index and none of its routers.
    const living = carrying.filter((worker) => this.#workers.get(worker.index) === worker);
    const on = living.map(({ index }) => index);
    return this.#living(placeViewer([...this.#workers.values()], on, rate, this.#options.budget));
  }

  /** Ends all workers. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const { worker } of this.#workers.values()) worker.close();
    this.#workers.clear();
  }

  #living(index: number | undefined): PoolWorker {
    const worker = index === undefined ? undefined : this.#workers.get(index);
    if (worker !== undefined) return worker;
    throw new AppError('CAPACITY', 'no media worker is alive', {
      fix: 'try again in a second; the log tells why they die',
    });
  }

  async #start(index: number): Promise<void> {
    const { listenIps, workerBin, refused, log } = this.#options;
    const announced = this.#options.announced.length > 0 ? this.#options.announced : listenIps;
    const port = this.#options.port + index;
    const worker = await createWorker({
      logLevel: 'warn',
      ...(workerBin === undefined ? {} : { workerBin }),
      appData: { index },
    }).catch((cause: unknown) => {
      throw new AppError(
        'EXEC_FAILED',
        `starting media worker ${index}: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          field: 'MEDIASOUP_WORKER_BIN',
          value: workerBin ?? "mediasoup's own",
          fix: 'build one: tools/mediasoup-worker/build.sh prints its path',
          cause,
        },
      );
    });
    refused.listen(worker);
    worker.observer.once('close', () => refused.forget(worker));
    let server: types.WebRtcServer;
    try {
      server = await worker.createWebRtcServer({
        listenInfos: listenIps.flatMap((ip) =>
          (['udp', 'tcp'] as const).map((protocol) => ({
            protocol,
            ip,
            port,
            sendBufferSize: SOCKET_BUFFER,
            recvBufferSize: SOCKET_BUFFER,
          })),
        ),
      });
    } catch (cause) {
      worker.close();
      // mediasoup names the way and the address that failed.
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AppError(
        'PORT_TAKEN',
        `media worker ${index} cannot listen on port ${port} of ${listenIps.join(', ')}: ${why}`,
        {
          field: 'ANCLOUD_WEBRTC_PORT, ANCLOUD_WEBRTC_LISTEN_IP',
          value: `${port}, ${listenIps.join(',')}`,
          fix: `end what uses the port (ss -lunp 'sport = :${port}') or choose another base; name addresses that this machine has (ip address)`,
          cause,
        },
      );
    }
    if (this.#closed) {
      worker.close();
      return;
    }
    worker.on('died', (error) => {
      log.error({ err: error, worker: index, pid: worker.pid }, 'a media worker died; its viewers reconnect');
      this.#workers.delete(index);
      this.#restart(index);
    });
    this.#workers.set(index, { index, worker, server, announced, streams: 0, viewers: 0, packets: 0 });
    log.info({ worker: index, pid: worker.pid, port }, 'media worker');
  }

  #restart(index: number): void {
    if (this.#closed || this.#starting.has(index)) return;
    const started = (async () => {
      while (!this.#closed) {
        await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
        try {
          await this.#start(index);
          return;
        } catch (error) {
          this.#options.log.error(
            { err: error, worker: index },
            'a media worker does not come back; trying again',
          );
        }
      }
    })();
    this.#starting.set(index, started);
    void started.finally(() => this.#starting.delete(index));
  }
}
