import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  GenericContainer,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Operation } from '../harness/farm.js';
import type { Engine } from './engine.js';
import { HostContainer, type HostRights } from './host-container.js';

/** Where the host image has the reference guest. */
const GUEST = '/usr/share/ancloud/reference.sqfs';
const CONFIG = '/etc/ancloud';
/** When a container that does not become healthy is given up, ms. */
const START_MS = 5 * 60_000;
/** Names the farm on each of its containers, also on one that testcontainers gave up on. */
const LABEL = 'ancloud.farm';

/** The services that a farm has once, and any number of hosts, on one network. Owns all of it; `close` removes it. */
export class ContainerFarm {
  readonly #engine: Engine;
  readonly #home: string;
  readonly #network: StartedNetwork;
  readonly #rights: HostRights;
  readonly #hosts = new Map<string, StartedTestContainer>();
  #farm: Farm | undefined;
  #redis = '';

  private constructor(engine: Engine, home: string, network: StartedNetwork, rights: HostRights) {
    this.#engine = engine;
    this.#home = home;
    this.#network = network;
    this.#rights = rights;
  }

  static async start(engine: Engine): Promise<ContainerFarm> {
    process.env['DOCKER_HOST'] = engine.address.dockerHost;
    // Its image cannot be pulled everywhere; `close` removes what was made.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    // Published ports are this machine's, also where a file makes testcontainers take it for a container.
    process.env['TESTCONTAINERS_HOST_OVERRIDE'] = '127.0.0.1';
    const model = JSON.parse(await engine.compose('rights', {}, ['config', '--format', 'json'])) as {
      services: { host: HostRights };
    };
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-containers-'));
    const network = await new Network().start();
    const farm = new ContainerFarm(engine, home, network, model.services.host);
    try {
      await farm.#startServices();
      return farm;
    } catch (error) {
      const logs = await farm.logs().catch(String);
      await farm.close();
      throw new Error(`the farm's containers did not start:\n${logs}`, { cause: error });
    }
  }

  /** The farm by its REST API, and by the CLI of another machine. */
  get api(): Farm {
    if (this.#farm === undefined) throw new Error('the gateway has not started');
    return this.#farm;
  }

  /** A host called `name`, with the reference guest in its store. */
  async addHost(name: string, subnet: string): Promise<void> {
    const host = await new HostContainer(this.#image('host'), this.#rights)
      .withEnvironment({
        ...farmEnvironment,
        ANCLOUD_HOST_ID: name,
        ANCLOUD_ADVERTISE_HOST: name,
        ANCLOUD_FARM_DIR: CONFIG,
        ANCLOUD_SUBNET: subnet,
        ANCLOUD_IMPORT_DIRS: path.dirname(GUEST),
      })
      .withBindMounts([
        { source: this.#home, target: CONFIG, mode: 'ro' },
        { source: '/dev', target: '/dev' },
        { source: '/sys/fs/cgroup', target: '/sys/fs/cgroup' },
      ])
      .withNetwork(this.#network)
      .withLabels({ [LABEL]: this.#network.getName() })
      .withNetworkAliases(name)
      .withHealthCheck(health('healthy 7201 /healthz && healthy 7202 /healthz'))
      .withWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(START_MS)
      .start();
    this.#hosts.set(name, host);
    await eventually(async () => {
      const { hosts } = await this.api.api<{ hosts: { hostId: string }[] }>('GET', '/v1/hosts');
      if (!hosts.some(({ hostId }) => hostId === name)) throw new NotYet(`the gateway knows no host ${name}`);
    });
    const operation = await this.api.api<Operation>('POST', '/v1/images', {
      path: GUEST,
      profile: 'reference',
      name: 'reference',
      hostId: name,
    });
    await this.api.wait(operation);
  }

  /** As a machine that loses power. */
  async kill(host: string): Promise<void> {
    await this.#engine.docker(['kill', '--signal', 'KILL', this.#id(host)]);
  }

  /** The same container again: its disk is kept, everything that ran is gone. */
  async restart(host: string): Promise<void> {
    await this.#engine.docker(['start', this.#id(host)]);
  }

  /** stdout of a program inside a host. */
  inside(host: string, argv: readonly string[]): Promise<string> {
    return this.#engine.docker(['exec', this.#id(host), ...argv]);
  }

  /** A record, as it stands in Redis. */
  async record<T>(key: string): Promise<T> {
    return JSON.parse(await this.#redisCli('GET', key)) as T;
  }

  /** How much longer a record lives by Redis' clock, ms; 0 when it is gone, Infinity when it stays. */
  async recordLeft(key: string): Promise<number> {
    const left = Number(await this.#redisCli('PTTL', key));
    return left === -1 ? Infinity : Math.max(0, left);
  }

  #redisCli(...command: string[]): Promise<string> {
    const password = fs.readFileSync(path.join(this.#home, 'secrets/redis'), 'utf8').trim();
    const environment = ['--env', `REDISCLI_AUTH=${password}`];
    return this.#engine.docker(['exec', ...environment, this.#redis, 'redis-cli', ...command]);
  }

  /** Last lines of every container, for a failure's report. */
  async logs(): Promise<string> {
    const texts = await Promise.all(
      (await this.#all()).map(async (id) => {
        const name = await this.#engine.docker(['inspect', '--format', '{{.Name}} {{.State.Status}}', id]);
        const log = await this.#engine.dockerBoth(['logs', '--tail', '15', id]);
        return `── ${name}\n${log}`;
      }),
    );
    return texts.join('\n');
  }

  /** Hosts first, with time to end their phones; then also containers whose start failed. */
  async close(): Promise<void> {
    for (const host of this.#hosts.values()) await host.stop({ timeout: 120_000, removeVolumes: true });
    const left = await this.#all();
    if (left.length > 0) await this.#engine.docker(['rm', '--force', '--volumes', ...left]);
    await this.#network.stop();
    fs.rmSync(this.#home, { recursive: true, force: true });
  }

  async #all(): Promise<string[]> {
    const text = await this.#engine.docker([
      'ps',
      '-aq',
      '--filter',
      `label=${LABEL}=${this.#network.getName()}`,
    ]);
    return text.split('\n').filter((id) => id !== '');
  }

  async #startServices(): Promise<void> {
    const setup = await new GenericContainer(this.#image('service'))
      .withEntrypoint(['ancloud', 'farm-config'])
      .withUser('0:0')
      .withEnvironment({ ANCLOUD_HOME: CONFIG })
      .withBindMounts([{ source: this.#home, target: CONFIG }])
      .withNetwork(this.#network)
      .withLabels({ [LABEL]: this.#network.getName() })
      .withWaitStrategy(Wait.forOneShotStartup())
      .start();
    await setup.stop();
    const store = this.#image('store');
    await this.#add(
      'nats',
      new GenericContainer(store)
        .withUser('1001:1000')
        .withCommand(['nats-server', '-c', `${CONFIG}/nats.conf`]),
      'healthy 4222',
    );
    const redis = await this.#add(
      'redis',
      new GenericContainer(store).withUser('1002:1000').withCommand(['redis-server', `${CONFIG}/redis.conf`]),
      'healthy 6379',
    );
    this.#redis = redis.getId();
    const service = (name: string, user: number, own: Record<string, string>): GenericContainer =>
      new GenericContainer(this.#image('service'))
        .withUser(`${user}:1000`)
        .withCommand([name])
        .withEnvironment({
          ...farmEnvironment,
          ANCLOUD_NATS_USER: name,
          ANCLOUD_NATS_PASS_FILE: `${CONFIG}/secrets/nats-${name}`,
          ...own,
        });
    const gateway = service('gateway', 1003, {
      ANCLOUD_HTTP_LISTEN: '0.0.0.0:7080',
      ANCLOUD_API_KEY_FILE: `${CONFIG}/secrets/api-key`,
      ANCLOUD_TOKEN_SECRET_FILE: `${CONFIG}/secrets/token`,
    }).withExposedPorts(7080);
    const started = await this.#add('gateway', gateway, 'healthy 7080 /readyz');
    await this.#add(
      'media-svc',
      service('media-svc', 1004, {
        ANCLOUD_MEDIA_WORKERS: '1',
        ANCLOUD_GRPC_LISTEN: '0.0.0.0:7103',
        ANCLOUD_GRPC_ADVERTISE: 'media-svc:7103',
        ANCLOUD_METRICS_LISTEN: '127.0.0.1:7203',
        ANCLOUD_WEBRTC_LISTEN_IP: '0.0.0.0',
        ANCLOUD_WEBRTC_ANNOUNCED: '127.0.0.1',
      }),
      'healthy 7203 /healthz',
    );
    await this.#add(
      'input-svc',
      service('input-svc', 1005, {
        ANCLOUD_GRPC_LISTEN: '0.0.0.0:7104',
        ANCLOUD_GRPC_ADVERTISE: 'input-svc:7104',
        ANCLOUD_METRICS_LISTEN: '127.0.0.1:7204',
      }),
      'healthy 7204 /healthz',
    );
    const url = `http://127.0.0.1:${started.getMappedPort(7080)}`;
    // The CLI is another machine's: it has the farm's address and a key, and none of its folders.
    const env = { ANCLOUD_URL: url, ANCLOUD_API_KEY_FILE: path.join(this.#home, 'secrets/api-key') };
    this.#farm = new Farm({ url, home: this.#home, run: this.#home, env });
  }

  async #add(name: string, container: GenericContainer, check: string): Promise<StartedTestContainer> {
    const started = await container
      .withBindMounts([{ source: this.#home, target: CONFIG, mode: 'ro' }])
      .withNetwork(this.#network)
      .withLabels({ [LABEL]: this.#network.getName() })
      .withNetworkAliases(name)
      .withHealthCheck(health(check))
      .withWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(START_MS)
      .start();
    return started;
  }

  #image(name: string): string {
    return `ancloud/${name}:${this.#engine.address.tag}`;
  }

  #id(host: string): string {
    const container = this.#hosts.get(host);
    if (container === undefined) throw new Error(`there is no host ${host}`);
    return container.getId();
  }
}

const farmEnvironment = {
  ANCLOUD_NATS_URL: 'nats://nats:4222',
  ANCLOUD_REDIS_URL: 'redis://redis:6379',
  ANCLOUD_REDIS_PASS_FILE: `${CONFIG}/secrets/redis`,
  ANCLOUD_FARM_SECRET_FILE: `${CONFIG}/secrets/farm`,
};

function health(command: string) {
  return {
    test: ['CMD-SHELL', command] as ['CMD-SHELL', string],
    interval: 1_000,
    timeout: 30_000,
    retries: 60,
  };
}
