import crypto from 'node:crypto';
import { type Bus, connectBus } from '@ancloud/bus';
import type { ServiceName } from '@ancloud/contracts';
import { silentLog } from '@ancloud/kit';
import { connectState, type State } from '@ancloud/state';
import { eventually, require } from '../harness/eventually.js';
import { type NatsServer, type RedisServer, startNats, startRedis } from '../harness/servers.js';
import { GatewayProcess, type GatewaySecrets, newSecrets } from './gateway-process.js';

/** A gateway with stores of its own, and a hand on them: what hosts and other services would write, tests do. */
export class GatewayWorld {
  readonly secrets: GatewaySecrets = newSecrets();
  redis!: RedisServer;
  nats!: NatsServer;
  state!: State;
  /** With a container-svc's rights. */
  bus!: Bus;
  gateway!: GatewayProcess;
  /** In the order in which they were opened. */
  readonly #closing: (() => Promise<unknown>)[] = [];

  /** `webDir`: what the gateway serves as its console. Leaves nothing behind when it fails. */
  static async start(options: { readonly webDir?: string } = {}): Promise<GatewayWorld> {
    const world = new GatewayWorld();
    try {
      await world.#open(options);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  async #open(options: { readonly webDir?: string }): Promise<void> {
    this.redis = await startRedis();
    this.#closing.push(() => this.redis.stop());
    this.nats = await startNats();
    this.#closing.push(() => this.nats.stop());
    this.state = await connectState({ url: this.redis.url, name: 'test', log: silentLog });
    this.#closing.push(() => this.state.close());
    this.bus = await this.connect('container-svc');
    this.gateway = await this.another(options);
  }

  /** A connection with the rights of `user`, ended with the world. */
  async connect(user: ServiceName): Promise<Bus> {
    const bus = await connectBus({
      servers: [this.nats.address],
      user,
      pass: this.nats.passwords[user],
      name: 'test',
      log: silentLog,
    });
    this.#closing.push(() => bus.drain());
    return bus;
  }

  /** One more gateway on the same stores, stopped with the world. */
  async another(options: { readonly webDir?: string } = {}): Promise<GatewayProcess> {
    const { redis, nats, secrets } = this;
    const gateway = await GatewayProcess.start({ redis, nats, secrets, ...options });
    this.#closing.push(() => gateway.stop());
    return gateway;
  }

  /** `key` is an API key of the tenant `owner`. */
  async addKey(key: string, owner: string): Promise<void> {
    const digest = crypto.createHash('sha256').update(key).digest('hex');
    await this.state.run('adding a key', (client) => client.hset(`api-key:${digest}`, { owner, roles: '' }));
  }

  /** Waits until the gateway has taken back what hosts know: before, it places nothing. */
  recovered(): Promise<void> {
    return eventually(async () => {
      require((await this.state.run('asking', (client) => client.exists('farm:recovery'))) ===
        0, 'recovering');
    });
  }

  /** Ends everything, what was opened last first. May be called twice. */
  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).toReversed()) await close();
  }
}
