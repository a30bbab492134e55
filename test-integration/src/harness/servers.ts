import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { permissionsOf, type ServiceName, serviceNames } from '@ancloud/contracts';
import { endChild } from './end-child.js';
import { eventually, NotYet } from './eventually.js';
import { freePort } from './places.js';

const ROOT = path.join(import.meta.dirname, '../../..');

/** A real server on a loopback port with a data folder of its own. Ended by its pid; `stop()` removes the folder. */
export interface RealServer {
  readonly port: number;
  /** Ends it with SIGTERM and removes its data. May be called twice. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL; `start()` brings it back on the same port with the data it had. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface NatsServer extends RealServer {
  /** `127.0.0.1:<port>`, for `connectBus({ servers: [address] })`. */
  readonly address: string;
  /** Password of each service's own user; the user's name is the service's. */
  readonly passwords: Readonly<Record<ServiceName, string>>;
}

export interface RedisServer extends RealServer {
  /** `redis://:<password>@127.0.0.1:<port>`. */
  readonly url: string;
  readonly password: string;
}

/** nats-server with the farm's users and their permissions (contracts' `permissionsOf`), JetStream on. */
export async function startNats(): Promise<NatsServer> {
  const binary = execFileSync(path.join(ROOT, 'tools/nats/get.sh'), { encoding: 'utf8' }).trim();
  const folder = temporaryFolder('nats');
  const port = await freePort();
  const passwords = Object.fromEntries(serviceNames.map((name) => [name, password()])) as Record<
    ServiceName,
    string
  >;
  const config = path.join(folder, 'nats.conf');
  fs.writeFileSync(config, natsConfig(port, folder, passwords), { mode: 0o600 });
  const server = new ServerProcess([binary, '-c', config], port, folder);
  await server.start();
  return Object.assign(handle(server, port), { address: `127.0.0.1:${port}`, passwords });
}

/** redis-server with a password and an append-only file, as a farm has it. */
export async function startRedis(): Promise<RedisServer> {
  const folder = temporaryFolder('redis');
  const port = await freePort();
  const secret = password();
  const config = path.join(folder, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${folder}`,
    `requirepass ${secret}`,
    'appendonly yes',
    // Survives a killed server all the same, and no busy disk stands between a command and its answer.
    'appendfsync no',
    'save ""',
    'daemonize no',
  ];
  fs.writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 });
  const server = new ServerProcess([redisBinary(), config], port, folder, 'redis-server');
  await server.start();
  return Object.assign(handle(server, port), {
    url: `redis://:${secret}@127.0.0.1:${port}`,
    password: secret,
  });
}

/**
 * The server, or of Debian's redis-tools, which starts no service of its own, the same binary under another name: it serves when called
 * `redis-server` (redis src/server.c, main()).
 */
function redisBinary(): string {
  const found = ['redis-server', 'redis-check-rdb'].find(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0,
  );
  if (found === undefined) throw new Error('there is no redis-server here: apt-get install redis-tools');
  return found;
}

function natsConfig(port: number, folder: string, passwords: Readonly<Record<ServiceName, string>>): string {
  const users = serviceNames.map((name) => {
    const { publish, subscribe } = permissionsOf(name);
    // Requests are answered on the asker's inbox, which the bus names after its user.
    const inbox = `_INBOX_${name.replaceAll('-', '_')}.>`;
    const allow = (patterns: readonly string[]): string => `{ allow: ${JSON.stringify(patterns)} }`;
    return `{ user: ${JSON.stringify(name)}, password: ${JSON.stringify(passwords[name])}, permissions: { publish: ${allow(publish)}, subscribe: ${allow([...subscribe, inbox])}, allow_responses: true } }`;
  });
  return `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: ${JSON.stringify(folder)} }\nauthorization { users: [\n${users.join(',\n')}\n] }\n`;
}

function handle(server: ServerProcess, port: number): RealServer {
  return {
    port,
    stop: () => server.stop(),
    kill: () => server.kill(),
    start: () => server.start(),
  };
}

/** One server process; owns its child and its folder. */
class ServerProcess {
  readonly #argv: readonly string[];
  readonly #port: number;
  readonly #folder: string;
  readonly #name: string | undefined;
  #child: ChildProcess | undefined;

  /** `name`: what the program is called as, where that is not its file's. */
  constructor(argv: readonly string[], port: number, folder: string, name?: string) {
    this.#argv = argv;
    this.#port = port;
    this.#folder = folder;
    this.#name = name;
  }

  async start(): Promise<void> {
    const [program = '', ...args] = this.#argv;
    const log = fs.openSync(path.join(this.#folder, 'server.log'), 'a');
    const child = spawn(program, args, {
      stdio: ['ignore', log, log],
      ...(this.#name === undefined ? {} : { argv0: this.#name }),
    });
    fs.closeSync(log);
    this.#child = child;
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    await eventually(async () => {
      if (failure !== undefined || child.exitCode !== null) return;
      if (!(await listens(this.#port))) throw new NotYet(`${program} does not listen on ${this.#port}`);
    });
    if (failure !== undefined || child.exitCode !== null) {
      const words = fs
        .readFileSync(path.join(this.#folder, 'server.log'), 'utf8')
        .trim()
        .split('\n')
        .slice(-5)
        .join(' | ');
      throw new Error(`${program} did not start: ${failure?.message ?? words}`);
    }
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) await endChild(child, signal);
  }
}

/** Resolves when NATS knows of all that `bus` has subscribed and published. */
export function flushed(bus: { flush(): Promise<boolean> }): Promise<void> {
  return eventually(async () => {
    if (!(await bus.flush())) throw new NotYet('NATS has not answered');
  });
}

/** Resolves when somebody has knocked at a closed port `times` times: until then it is held, and who comes is turned away. */
export async function knocks(port: number, times: number): Promise<void> {
  const door = net.createServer();
  const enough = new Promise<void>((resolve) => {
    let came = 0;
    door.on('connection', (socket) => {
      socket.on('error', () => undefined).destroy();
      if ((came += 1) === times) resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject);
    door.listen(port, '127.0.0.1', resolve);
  });
  await enough;
  await new Promise((resolve) => {
    door.close(resolve);
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(port, '127.0.0.1', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

function temporaryFolder(name: string): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), `ancloud-test-${name}-`));
}

function password(): string {
  return crypto.randomBytes(18).toString('base64url');
}
