import {
  type ClientConstructor,
  createClient,
  type GrpcClient,
  type GrpcClientOptions,
} from './grpc-client.js';

/** Most channels one pool keeps; the longest unused is closed beyond (its calls under way go on). */
const POOL_LIMIT = 512;

/** One client per address, for services that call many hosts. Owns its clients. */
export class ClientPool<D extends object> {
  readonly #clients = new Map<string, GrpcClient<D>>();
  readonly #definition: ClientConstructor<D>;
  readonly #options: GrpcClientOptions;

  constructor(constructor: ClientConstructor<D>, options: GrpcClientOptions = {}) {
    this.#definition = constructor;
    this.#options = options;
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

  /** Closes the client of an address that is no longer of use. */
  drop(address: string): void {
    this.#clients.get(address)?.close();
    this.#clients.delete(address);
  }

  /** Closes all. May be called twice. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}
