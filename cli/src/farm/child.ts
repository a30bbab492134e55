import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import type { ProcessSpec } from './processes.js';

const RESTART_MIN_MS = 300;
const RESTART_MAX_MS = 10_000;
/** A process that lived this long was well: what ended it is no reason to wait. */
const STABLE_MS = 20_000;
const LOG_KEEP_BYTES = 16 << 20;

export interface ChildState {
  readonly name: string;
  readonly pid: number;
  readonly state: 'starting' | 'ready' | 'waiting' | 'stopped';
  readonly restarts: number;
}

/**
 * One kept-alive process: started, asked whether it serves, started again when it ends, until `stop`: the first time at once,
 * since people look at a picture meanwhile, then with back-off (300 ms doubling to 10 s). Its log goes straight to a file, so that it outlives the supervisor's pipes.
 */
export class Child {
  #process: ChildProcess | undefined;
  #state: ChildState['state'] = 'waiting';
  #restarts = 0;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  #delay = 0;

  constructor(
    readonly spec: ProcessSpec,
    readonly logFile: string,
    readonly onChange: (state: ChildState) => void,
  ) {}

  get state(): ChildState {
    return {
      name: this.spec.name,
      pid: this.#process?.pid ?? 0,
      state: this.#state,
      restarts: this.#restarts,
    };
  }

  start(): void {
    if (this.#stopping) return;
    rotate(this.logFile);
    const log = fs.openSync(this.logFile, 'a', 0o640);
    const startedAt = Date.now();
    // detached: its own process group, so that Ctrl-C reaches the supervisor alone, which then stops all in order.
    const child = spawn(this.spec.argv[0], this.spec.argv.slice(1), {
      env: this.spec.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    fs.closeSync(log);
    this.#process = child;
    this.#enter('starting');
    child.once('error', () => this.#ended(startedAt));
    child.once('exit', () => this.#ended(startedAt));
    void this.#watchReady(child);
  }

  /** TERM, then KILL after `graceMs`. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null)
      return this.#enter('stopped');
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await gone;
    clearTimeout(killer);
    this.#enter('stopped');
  }

  #ended(startedAt: number): void {
    if (this.#stopping) return;
    this.#enter('waiting');
    if (Date.now() - startedAt > STABLE_MS) this.#delay = 0;
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      this.start();
    }, this.#delay);
    this.#delay = Math.min(Math.max(this.#delay * 2, RESTART_MIN_MS), RESTART_MAX_MS);
  }

  async #watchReady(child: ChildProcess): Promise<void> {
    while (this.#process === child && this.#state === 'starting') {
      if (await answers(this.spec.ready)) {
        if (this.#process === child && this.#state === 'starting') this.#enter('ready');
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #enter(state: ChildState['state']): void {
    if (this.#state === state) return;
    this.#state = state;
    this.onChange(this.state);
  }
}

async function answers(ready: ProcessSpec['ready']): Promise<boolean> {
  if ('url' in ready) {
    try {
      const response = await fetch(ready.url, { signal: AbortSignal.timeout(1_000) });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }
  return tcpAccepts(ready.tcp);
}

/** True when something accepts on 127.0.0.1:port. */
export function tcpAccepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port, timeout: 1_000 });
    const end = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

/** Keeps one older log beside the current one. */
function rotate(file: string): void {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat !== undefined && stat.size > LOG_KEEP_BYTES) fs.renameSync(file, `${file}.1`);
}
