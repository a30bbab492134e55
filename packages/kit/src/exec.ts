import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { abortReason } from './clock.js';
import { killDescendants } from './descendants.js';
import { AppError, shorten } from './errors.js';

export interface ExecOptions {
  /** Bytes for the program's stdin; without it stdin is /dev/null. */
  readonly stdin?: string | Uint8Array;
  /** Time limit in ms, then SIGTERM, and SIGKILL 2 s later. Default 30 000; 0 = none. */
  readonly timeoutMs?: number;
  /** Ends the program in the same way. */
  readonly signal?: AbortSignal;
  /** The whole environment. Default: PATH, HOME, LANG=C.UTF-8 of ours, nothing else, so that our secrets' paths stay ours. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Bytes of stdout kept; more ends the program with EXEC_FAILED. Default 1 MiB. */
  readonly maxStdout?: number;
  /** File descriptors of ours that the program gets as 3, 4, … (e.g. an inherited flock). */
  readonly fds?: readonly number[];
  /** Exit codes that are not a failure. Default `[0]`. */
  readonly okCodes?: readonly number[];
  /** A process group of its own, ended as a whole: for programs that start others. Default false. */
  readonly group?: boolean;
  /**
   * What the program started is killed before it, so that it can collect that. For `crun exec`: its child is in the phone's
   * pid namespace, and an orphan there that the machine's pid 1 does not collect keeps the phone's pid 1 from ever ending
   * (zap_pid_ns_processes waits for it). Default false.
   */
  readonly childrenFirst?: boolean;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: Buffer;
  /** Last 16 KiB, as text. */
  readonly stderr: string;
  readonly durationMs: number;
}

/**
 * The one seam to other programs: services take an `Exec`, `main.ts` binds `realExec`, specs hand in a function that
 * answers from a table. `argv[0]` is looked up in PATH; no shell is ever involved.
 *
 * Errors: EXEC_FAILED naming the program, its exit code or signal and its last words on stderr; DEADLINE_EXCEEDED after
 * `timeoutMs`; CANCELLED when `signal` aborts.
 */
export type Exec = (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

const STDERR_KEPT = 16 * 1024;
const KILL_GRACE_MS = 2_000;
/** After exit, pipes may be held open by grandchildren: how long we go on reading, ms. */
const PIPE_GRACE_MS = 250;
const LAST_WORDS = 3;

export const realExec: Exec = (argv, options) => execByNode(argv, options);

/** How a program is started: its whole environment and, for its descriptors 0, 1, 2, 3 …, what they are. */
export interface StartOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** In a session of its own, whose process group has the program's pid. */
  readonly detached: boolean;
  /** `ignore`: /dev/null. `pipe`: ours is the other end. A number: that descriptor of ours. */
  readonly stdio: readonly ('ignore' | 'pipe' | number)[];
}

/** A program that was started: of node's ChildProcess what is needed here, with the same events in the same order. */
export interface Program {
  /** Undefined: it could not be started; `error` tells why. */
  readonly pid?: number | undefined;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** False when it has ended. */
  kill(signal: NodeJS.Signals): boolean;
  on(event: 'error', told: (error: Error) => void): unknown;
  once(event: 'exit' | 'close', told: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
}

export type StartProgram = (argv: readonly [string, ...string[]], options: StartOptions) => Program;

/** An Exec over another way of starting programs. */
export function execWith(start: StartProgram): Exec {
  return (argv, options = {}) => {
    const [program, ...rest] = argv;
    if (program === undefined)
      return Promise.reject(new AppError('INVALID_ARGUMENT', 'running a program: argv is empty'));
    if (options.signal?.aborted === true) return Promise.reject(cancelled(program, options.signal));
    const { env = defaultEnv(), cwd, group: detached = false, stdin, fds = [] } = options;
    const stdio = [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...fds] as const;
    return new Promise((resolve, reject) => {
      const child = start([program, ...rest], { env, cwd, detached, stdio });
      return new Run(program, child, options, resolve, reject);
    });
  };
}

const execByNode = execWith(([program, ...args], { env, cwd, detached, stdio }) =>
  spawn(program, args, { env, detached, stdio: [...stdio], ...(cwd === undefined ? {} : { cwd }) }),
);

function cancelled(program: string, signal: AbortSignal): AppError {
  return new AppError('CANCELLED', `running ${program}: cancelled`, { cause: abortReason(signal) });
}

function defaultEnv(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: process.env['HOME'] ?? '/',
    LANG: 'C.UTF-8',
  };
}

/** One running program; owns its timers and its place on the signal, and settles exactly once. */
class Run {
  readonly #began = performance.now();
  readonly #out: Buffer[] = [];
  #outBytes = 0;
  #err = Buffer.alloc(0);
  /** Why we ended the program ourselves; undefined while it is on its own. */
  #why: AppError | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #child: Program;
  readonly #onAbort: () => void;

  constructor(
    private readonly program: string,
    child: Program,
    private readonly options: ExecOptions,
    private readonly resolve: (result: ExecResult) => void,
    private readonly reject: (error: AppError) => void,
  ) {
    const { signal } = options;
    this.#child = child;
    this.#onAbort = () => this.#end(cancelled(program, signal as AbortSignal));
    this.#child.on('error', (cause) => this.#failedToSpawn(cause));
    this.#child.once('exit', () => this.#after(PIPE_GRACE_MS, () => this.#dropPipes()));
    this.#child.once('close', (code, killedBy) => this.#settle(code, killedBy));
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#takeOut(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#err = Buffer.concat([this.#err, chunk]).subarray(-STDERR_KEPT);
    });
    // EPIPE: the program may end without reading what it was given; its exit code is what counts.
    this.#child.stdin?.on('error', () => {});
    if (options.stdin !== undefined) this.#child.stdin?.end(options.stdin);
    const limit = options.timeoutMs ?? 30_000;
    if (limit > 0)
      this.#after(limit, () =>
        this.#end(
          new AppError('DEADLINE_EXCEEDED', `running ${program}: no end after ${limit} ms`, {
            field: program,
          }),
        ),
      );
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  #takeOut(chunk: Buffer): void {
    const limit = this.options.maxStdout ?? 1024 * 1024;
    this.#outBytes += chunk.length;
    if (this.#outBytes <= limit) this.#out.push(chunk);
    else
      this.#end(
        new AppError('EXEC_FAILED', `running ${this.program}: more than ${limit} bytes of output`, {
          field: this.program,
        }),
      );
  }

  #end(why: AppError): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    this.#kill('SIGTERM');
    this.#after(KILL_GRACE_MS, () => this.#killForGood());
  }

  #killForGood(): void {
    const { pid } = this.#child;
    if (this.options.childrenFirst === true && pid !== undefined) {
      killDescendants(pid);
      this.#after(KILL_GRACE_MS, () => this.#kill('SIGKILL'));
    } else this.#kill('SIGKILL');
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (this.options.group !== true) {
      this.#child.kill(signal);
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch {
      // ESRCH: the group is gone already, which is what was wanted.
    }
  }

  #dropPipes(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #after(ms: number, fn: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      fn();
    }, ms);
    this.#timers.add(timer);
  }

  #release(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.options.signal?.removeEventListener('abort', this.#onAbort);
  }

  #failedToSpawn(cause: Error): void {
    this.#release();
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    this.reject(
      new AppError('EXEC_FAILED', `running ${this.program}: ${cause.message}`, {
        field: this.program,
        cause,
        ...(missing ? { fix: `install ${this.program} or correct PATH` } : {}),
      }),
    );
  }

  #settle(code: number | null, killedBy: NodeJS.Signals | null): void {
    this.#release();
    if (this.#why !== undefined) {
      this.reject(this.#why);
      return;
    }
    const stderr = this.#err.toString('utf8');
    if (code !== null && (this.options.okCodes ?? [0]).includes(code)) {
      this.resolve({
        code,
        stdout: Buffer.concat(this.#out),
        stderr,
        durationMs: performance.now() - this.#began,
      });
      return;
    }
    const words = stderr.trim().split('\n').slice(-LAST_WORDS).join(' | ');
    const how = killedBy === null ? `exit code ${code}` : `ended by ${killedBy}`;
    this.reject(
      new AppError(
        'EXEC_FAILED',
        `running ${this.program}: ${how}${words === '' ? '' : `: ${shorten(words, 500)}`}`,
        {
          field: this.program,
          value: String(code ?? killedBy),
        },
      ),
    );
  }
}
