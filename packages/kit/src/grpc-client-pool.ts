import {
  type ClientConstructor,
  createClient,
  type GrpcClient,
  type GrpcClientOptions,
} from './grpc-client.js';
import type { Reached } from './grpc-liveness.js';
import { Pulses } from './pulses.js';

/** Most channels one pool keeps; the longest unused is closed beyond (its calls under way go on). */
const POOL_LIMIT = 512;
/** How long a connection is waited for, ms: the first one; and one after it, as who answers at all has it within some round trips. */
const PATIENCE_MS = { first: 1_000, again: 150 } as const;
/** A connection that does not come about for so long is begun anew: TCP's own next try may be a minute away, ms. */
const STUCK_MS = 3_000;

/** One client per address, for services that call many hosts. Owns its clients. */
export class ClientPool<D extends object> {
  readonly #clients = new Map<string, GrpcClient<D>>();
  readonly #definition: ClientConstructor<D>;
  readonly #options: GrpcClientOptions;
  /** Since when nothing has come from an address that was asked for (`reached`), monotonic ms; undefined once something came. */
  readonly #silent = new Map<string, number | undefined>();
  readonly #pulses: Pulses | undefined;

  constructor(constructor: ClientConstructor<D>, options: GrpcClientOptions = {}) {
    this.#definition = constructor;
    this.#options = options;
    const pulses = options.liveness?.pulses;
    if (pulses !== undefined)
      this.#pulses = new Pulses({
        ...pulses,
        silent: (address) => this.#clients.get(address)?.lose('it has fallen silent'),
      });
  }

  /** The addresses whose pulses are felt from now on: one that falls silent loses its calls at once. Nothing where the pool has no pulses. */
  watch(addresses: Iterable<string>): void {
    this.#pulses?.watch(addresses);
  }

  /** Whether its pulse, which was there, is not now. */
  vanished(address: string): boolean {
    return this.#pulses?.silent(address) === true;
  }

  /** The client for `address`, made on first use. */
  get(address: string): GrpcClient<D> {
    const found = this.#clients.get(address);
    this.#clients.delete(address);
    const client = found ?? createClient(this.#definition, address, this.#options);
    // A Map keeps the order of insertion: the first is the longest unused.
    this.#clients.set(address, client);
    if (this.#clients.size > POOL_LIMIT) {
      const [oldest] = this.#clients.keys();
      if (oldest !== undefined) this.drop(oldest);
    }
    return client;
  }

  /** Whether anybody answers at `address` now. Who asks first waits 1 s at most, who asks again next to nothing: a crowd does not wait for the dead. */
  async reached(address: string): Promise<Reached> {
    const asked = performance.now();
    // Its connection stands still, and says so later.
    if (this.vanished(address) && this.get(address).connected()) return 'silent';
    const known = this.#silent.has(address) || this.vanished(address);
    const what = await this.get(address).reached(known ? PATIENCE_MS.again : PATIENCE_MS.first);
    const since = what === 'silent' ? (this.#silent.get(address) ?? asked) : undefined;
    if (since === undefined || performance.now() - since < STUCK_MS) this.#silent.set(address, since);
    else {
      this.drop(address);
      this.#silent.set(address, undefined);
    }
    return what;
  }

  /** Closes the client of an address that is no longer of use. */
  drop(address: string): void {
    this.#clients.get(address)?.close();
    this.#clients.delete(address);
    this.#silent.delete(address);
  }

  /** Closes all. May be called twice. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
    this.#silent.clear();
    this.#pulses?.close();
  }
}
