import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';
import { writeJsonAtomic } from '@ancloud/kit/atomic-file';
import { files, type Layout, portsOf } from '../layout.js';
import { Child, type ChildState } from './child.js';
import type { ProcessSpec } from './processes.js';

const STOP_GRACE_MS = 10_000;

/**
 * Keeps a farm's processes alive. Owns: its children, the control socket (`<run>/supervisor.sock`, mode 0600) and
 * `<run>/processes.json`, which lets a later supervisor end what a killed one left behind.
 *
 * Phones are no children of it: they live on under their shims when everything here dies.
 */
export class Supervisor {
  readonly #children: Child[];
  readonly #server: net.Server;
  readonly #layout: Layout;
  #closing: Promise<void> | undefined;
  readonly #ended = Promise.withResolvers<void>();

  /** Resolves when `close` is through, whoever asked for it. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  private constructor(layout: Layout, table: readonly ProcessSpec[], server: net.Server) {
    this.#layout = layout;
    this.#server = server;
    this.#children = table.map(
      (spec) => new Child(spec, files.log(layout, spec.name), () => this.#changed()),
    );
  }

  /** Takes the control socket, ends leftovers of a killed supervisor, starts all. Errors: PORT_TAKEN when one runs already. */
  static async create(layout: Layout, table: readonly ProcessSpec[]): Promise<Supervisor> {
    fs.mkdirSync(layout.run, { recursive: true, mode: 0o755 });
    fs.mkdirSync(path.dirname(files.log(layout, 'x')), { recursive: true, mode: 0o750 });
    const running = await askSupervisor(layout, 'status').catch(() => undefined);
    if (running !== undefined) {
      throw new AppError(
        'PORT_TAKEN',
        `a farm runs already from ${layout.home} (supervisor pid ${running.pid})`,
        {
          field: files.supervisorSocket(layout),
          fix: 'use it as it is (./ancloud status), or stop it first: ./ancloud down',
        },
      );
    }
    await endLeftovers(layout);
    await assertPortsFree(layout);
    fs.rmSync(files.supervisorSocket(layout), { force: true });
    const server = net.createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(files.supervisorSocket(layout), resolve);
    });
    fs.chmodSync(files.supervisorSocket(layout), 0o600);
    const supervisor = new Supervisor(layout, table, server);
    server.on('connection', (socket) => supervisor.#answer(socket));
    return supervisor;
  }

  /** Starts the stores, waits for them, then the services. Resolves when all serve, or rejects naming who does not. */
  async start(timeoutMs: number): Promise<void> {
    for (const tier of ['store', 'service'] as const) {
      const members = this.#children.filter((child) => child.spec.tier === tier);
      for (const child of members) child.start();
      await this.#waitReady(members, timeoutMs);
    }
  }

  states(): ChildState[] {
    return this.#children.map((child) => child.state);
  }

  /** Services first, all at once; then the stores they write to. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const tier of ['service', 'store'] as const) {
        await Promise.all(
          this.#children.filter((c) => c.spec.tier === tier).map((c) => c.stop(STOP_GRACE_MS)),
        );
      }
      fs.rmSync(processesFile(this.#layout), { force: true });
      fs.rmSync(files.supervisorSocket(this.#layout), { force: true });
      this.#server.close();
      this.#ended.resolve();
    })();
    return this.#closing;
  }

  async #waitReady(members: readonly Child[], timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const late = members.filter((child) => child.state.state !== 'ready');
      if (late.length === 0) return;
      const broken = late.find((child) => child.state.restarts >= 3);
      if (broken !== undefined || Date.now() > deadline) {
        const who = broken ?? late[0];
        throw new AppError(
          'UNAVAILABLE',
          `${who?.spec.name} does not start; the end of its log:\n${tail(who?.logFile ?? '', 12)}`,
          {
            field: who?.spec.name ?? '',
            fix: `read ${who?.logFile}`,
          },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  #changed(): void {
    const record = this.#children.map((child) => ({ ...child.state, argv: child.spec.argv }));
    void writeJsonAtomic(processesFile(this.#layout), record).catch(() => undefined);
  }

  #answer(socket: net.Socket): void {
    socket.on('error', () => socket.destroy());
    socket.setEncoding('utf8').once('data', (line: string) => {
      const command = line.trim();
      if (command === 'status')
        socket.end(`${JSON.stringify({ pid: process.pid, processes: this.states() })}\n`);
      else if (command === 'stop')
        void this.close().then(() =>
          socket.end(`${JSON.stringify({ pid: process.pid, processes: this.states() })}\n`),
        );
      else socket.end('{"error":"unknown command"}\n');
    });
  }
}

export interface SupervisorStatus {
  readonly pid: number;
  readonly processes: readonly ChildState[];
}

/** Asks the running supervisor. Rejects with UNAVAILABLE when none runs. */
export async function askSupervisor(
  layout: Layout,
  command: 'status' | 'stop',
  timeoutMs = 60_000,
): Promise<SupervisorStatus> {
  const text = await new Promise<string>((resolve, reject) => {
    const socket = net.connect(files.supervisorSocket(layout));
    let received = '';
    socket.setEncoding('utf8').setTimeout(timeoutMs, () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => socket.write(`${command}\n`));
    socket.on('data', (chunk: string) => (received += chunk));
    socket.once('error', reject);
    socket.once('close', () => resolve(received));
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EACCES') {
      throw new AppError('FORBIDDEN', "this farm is another user's", {
        field: files.supervisorSocket(layout),
        fix: 'run it as that user, for an installed farm with sudo',
        cause,
      });
    }
    throw new AppError('UNAVAILABLE', 'no farm runs here', {
      field: files.supervisorSocket(layout),
      fix: 'start one: ./ancloud up',
      cause,
    });
  });
  return JSON.parse(text) as SupervisorStatus;
}

/** Written while a supervisor runs; a killed one leaves it. */
export const processesFile = (layout: Layout): string => path.join(layout.run, 'processes.json');

/**
 * A killed supervisor leaves its children: they are found by pid and command line, so a reused pid is never hit. Resolves to how
 * many there were.
 */
export async function endLeftovers(layout: Layout): Promise<number> {
  let record: { pid: number; argv: string[] }[];
  try {
    record = JSON.parse(fs.readFileSync(processesFile(layout), 'utf8')) as { pid: number; argv: string[] }[];
  } catch {
    return 0;
  }
  const ours = (entry: { pid: number; argv: string[] }): boolean => {
    try {
      const cmdline = fs.readFileSync(`/proc/${entry.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
      // redis-server rewrites its title; its first word stays the binary.
      return (
        cmdline.join(' ') === entry.argv.join(' ') || (cmdline[0] ?? '').startsWith(entry.argv[0] ?? '\n')
      );
    } catch {
      return false;
    }
  };
  const { length: found } = record.filter((entry) => entry.pid > 0 && ours(entry));
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const alive = record.filter((entry) => entry.pid > 0 && ours(entry));
    for (const entry of alive) process.kill(entry.pid, signal);
    const deadline = Date.now() + 5_000;
    while (alive.some(ours) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return found;
}

async function assertPortsFree(layout: Layout): Promise<void> {
  for (const [name, port] of portsOf(layout)) {
    await new Promise<void>((resolve, reject) => {
      const probe = net.createServer();
      probe.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new AppError(
            'PORT_TAKEN',
            `port ${port} (${name}) cannot be bound: ${cause.code ?? cause.message}`,
            {
              field: 'ANCLOUD_PORT_BASE',
              value: String(port),
              fix: `end what listens there (ss -ltnp 'sport = :${port}'), or choose other ports: ANCLOUD_PORT_BASE=7500 ./ancloud up`,
              cause,
            },
          ),
        ),
      );
      probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve()));
    });
  }
}

/** The last `lines` lines of a file; empty when there is none. */
export function tail(file: string, lines: number): string {
  try {
    return fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
