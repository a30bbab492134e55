import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { permissionsOf, type ServiceName, serviceNames } from '@ancloud/contracts';
import { eventually, NotYet } from './eventually.js';

const ROOT = path.join(import.meta.dirname, '../../..');
/** How long a server may take to listen, and to leave after SIGTERM, ms. */
const START_MS = 15_000;
const STOP_MS = 5_000;

/** A real server on a random loopback port with a data folder of its own. Ended by its pid; `stop()` removes the folder. */
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
    'appendfsync always',
    'save ""',
    'daemonize no',
  ];
  fs.writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 });
  const server = new ServerProcess(['redis-server', config], port, folder);
  await server.start();
  return Object.assign(handle(server, port), {
    url: `redis://:${secret}@127.0.0.1:${port}`,
    password: secret,
  });
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
  #child: ChildProcess | undefined;

  constructor(argv: readonly string[], port: number, folder: string) {
    this.#argv = argv;
    this.#port = port;
    this.#folder = folder;
  }

  async start(): Promise<void> {
    const [program = '', ...args] = this.#argv;
    const log = fs.openSync(path.join(this.#folder, 'server.log'), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    this.#child = child;
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    await eventually(async () => {
      if (failure !== undefined || child.exitCode !== null) return;
      if (!(await listens(this.#port))) throw new NotYet(`${program} does not listen on ${this.#port}`);
    }, START_MS);
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
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(late);
  }
}

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise<void>((resolve) => {
    probe.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
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
