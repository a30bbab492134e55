import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { endChild } from './end-child.js';
import { eventually, NotYet } from './eventually.js';
import { childrenOf } from './processes.js';

const ROOT = path.join(import.meta.dirname, '../../..');

/** One service as its operator starts it: a process with an environment, and files of its own for its secrets. */
export class ServiceProcess {
  /** Removed by `stop`. */
  readonly folder: string;
  readonly #service: string;
  #env: Readonly<Record<string, string>> = {};
  #child: ChildProcess | undefined;
  #log = '';

  constructor(service: 'gateway' | 'media-svc') {
    this.#service = service;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), `ancloud-test-${service}-`));
  }

  /** A file that only this user reads. Answers its path. */
  secret(name: string, content: string): string {
    const at = path.join(this.folder, name);
    fs.writeFileSync(at, `${content}\n`, { mode: 0o600 });
    return at;
  }

  /** What it has logged since it was last started. */
  get log(): string {
    return this.#log;
  }

  /** Starts it, again with the environment it had, and waits until it is ready. Throws with its log when it ends instead. */
  async start(env = this.#env): Promise<void> {
    this.#env = env;
    const main = path.join(ROOT, 'services', this.#service, 'bundle/main.js');
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    await eventually(() => {
      if (this.#log.includes('"msg":"ready"') || child.exitCode !== null) return;
      throw new NotYet(`${this.#service} has not said ready`);
    });
    if (child.exitCode !== null) throw new Error(`${this.#service} did not start:\n${this.#log}`);
  }

  /** It and its children stop where they are, as a machine that vanishes: nothing answers, nothing is reset. Until `wake`. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  wake(): void {
    this.#signal('SIGCONT');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Ends it and removes its files. Answers its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    await this.#end('SIGTERM');
    fs.rmSync(this.folder, { recursive: true, force: true });
    return child?.exitCode ?? null;
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#service} does not run`);
    for (const one of [pid, ...childrenOf(pid).map((child) => child.pid)]) process.kill(one, signal);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) await endChild(child, signal);
  }
}
