import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type SandboxOptions, sandboxArgv } from '../../core/sandbox.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr. */
  readonly words: string;
}

/** Bytes of stderr that are kept. */
const WORDS = 4_096;

/** One program in a sandbox (core/sandbox.ts). Owns the process; `ended` never rejects. */
export class Sandboxed {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #words = '';

  /** `stdio`: descriptors of ours that it gets as 0, 1, 3, 4 …; 2 is read by us. `pipe` = a pipe that `output` reads. */
  constructor(
    readonly name: string,
    options: SandboxOptions,
    argv: readonly string[],
    stdio: { readonly 0?: number; readonly 1?: number | 'pipe'; readonly rest: readonly (number | 'pipe')[] },
  ) {
    const [program = '', ...args] = sandboxArgv(options, argv);
    this.#child = spawn(program, args, {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/', NODE_ENV: 'production' },
      stdio: [stdio[0] ?? 'ignore', stdio[1] ?? 'ignore', 'pipe', ...stdio.rest],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString()).slice(-WORDS);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ code: null, signal: null, words: error.message }));
      this.#child.once('close', (code, signal) => resolve({ code, signal, words: this.#words.trim() }));
    });
  }

  /** What it writes to descriptor `fd`, which was given as `pipe`. */
  output(fd: number): Readable {
    return this.#child.stdio[fd] as Readable;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
