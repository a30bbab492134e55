import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { AppError } from './errors.js';
import { splitAddress } from './own-address.js';
import type { Log } from './log.js';
import { Timing } from './timing.js';

/** Answers whether the service does its work; `false` or a throw makes /healthz say 503. The text says why. */
export type HealthCheck = () => { readonly ok: boolean; readonly reason?: string };

/** Buckets in seconds for things that should take milliseconds: 0.25 ms to 10 s. */
export const LATENCY_BUCKETS = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];

/** Each sample wakes the process: at 100 a second that was all that an idle service did, 1 % of a core. */
const LAG_SAMPLE_MS = 100;

/** The metrics of one process. Names begin with `ancloud_`; labels are few and bounded (never a phone's id). */
export class Metrics {
  readonly registry = new Registry();
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_SAMPLE_MS });
  #server: http.Server | undefined;

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 1_000 });
    this.#lag.enable();
    const lag = this.#lag;
    const gauge = new Gauge({
      name: 'ancloud_event_loop_lag_p99_seconds',
      help: 'How late the event loop was, 99th percentile since the last scrape',
      collect() {
        // The histogram counts the full interval of its timer.
        this.set(Math.max(0, lag.percentile(99) / 1e9 - LAG_SAMPLE_MS / 1e3));
        lag.reset();
      },
      registers: [],
    });
    this.registry.registerMetric(gauge);
  }

  counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /**
   * A counter for hot paths: its values are plain numbers that the owner adds to, and are looked at when somebody scrapes.
   * prom-client's `inc` with labels builds and hashes a key each time, 1 µs and some garbage per packet.
   */
  tally<V extends string>(
    name: string,
    help: string,
    label: string,
    values: readonly V[],
  ): { [value in V]: number } {
    const tally = Object.fromEntries(values.map((value) => [value, 0])) as { [value in V]: number };
    const counter = new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const value of values) this.inc({ [label]: value }, tally[value]);
      },
    });
    // One that nothing was added to yet is 0, and not missing.
    for (const value of values) counter.inc({ [label]: value }, 0);
    return tally;
  }

  gauge<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  histogram<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    buckets: readonly number[] = LATENCY_BUCKETS,
  ): Histogram<L> {
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [this.registry],
    });
  }

  /** A histogram for hot paths, without labels: as `tally`, `observe` adds to plain numbers. */
  timing(name: string, help: string, buckets: readonly number[] = LATENCY_BUCKETS): Timing {
    const timing = new Timing(name, help, buckets);
    this.registry.registerMetric(timing.metric);
    return timing;
  }

  /**
   * Serves GET /metrics and /healthz on `host:port` (port 0 = any free one); meant for a loopback address, since neither
   * asks who you are. Resolves to the bound port. Errors: PORT_TAKEN.
   */
  async serve(options: {
    readonly address: string;
    readonly health: HealthCheck;
    readonly log: Log;
  }): Promise<number> {
    const { host, port } = splitAddress(options.address);
    const server = http.createServer((request, response) => {
      this.#answer(request, options.health).then(
        ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
        (err: unknown) => {
          options.log.error({ err }, 'metrics could not be collected');
          response.writeHead(500).end();
        },
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        reject(
          cause.code === 'EADDRINUSE'
            ? new AppError('PORT_TAKEN', `serving metrics on ${options.address}: the port is in use`, {
                field: 'metrics address',
                value: options.address,
                fix: 'choose another port, or stop what listens there',
                cause,
              })
            : cause,
        );
      });
      server.listen(port, host, resolve);
    });
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  /** Ends the server and the measuring. May be called twice. */
  async close(): Promise<void> {
    this.#lag.disable();
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #answer(request: http.IncomingMessage, health: HealthCheck) {
    const json = 'application/json';
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, type: json, body: '{}\n' };
    const path = (request.url ?? '').split('?')[0];
    if (path === '/metrics')
      return { status: 200, type: this.registry.contentType, body: await this.registry.metrics() };
    if (path !== '/healthz') return { status: 404, type: json, body: '{}\n' };
    const state = checkHealth(health);
    return { status: state.ok ? 200 : 503, type: json, body: `${JSON.stringify(state)}\n` };
  }
}

function checkHealth(health: HealthCheck): ReturnType<HealthCheck> {
  try {
    return health();
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
