import { type ChildProcess, spawn } from 'node:child_process';
import { PATIENCE_MS } from '../harness/eventually.js';

/** One line of the service's log. */
export interface LogLine {
  readonly msg: string;
  /** A step that was done; a failed one is told by its name alone. */
  readonly step?: { readonly name: string } | string;
  readonly err?: { readonly code?: string; readonly message?: string; readonly fix?: string };
  readonly [field: string]: unknown;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** container-svc's process, again and again: what each has said, and how it ended. */
export class LoneService {
  /** What the running service has said, and every one before it. */
  readonly log: LogLine[] = [];
  /** What was written to the log and is no line of it. */
  noise = '';
  readonly #argv: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #ended: Promise<Ended> | undefined;

  /** `env`: of each start. */
  constructor(argv: readonly string[], env: Readonly<Record<string, string>>) {
    this.#argv = argv;
    this.#env = env;
  }

  /** The running one's. */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the service does not run');
    return this.#child.pid;
  }

  /** For a failure's report. */
  get lastWords(): string {
    return `${JSON.stringify(this.log.at(-1))} ${this.noise}`;
  }

  /** Starts it and waits for nothing; answers its end. */
  launch(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const [program = '', ...args] = this.#argv;
    const child = spawn(program, args, { env: { ...this.#env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#line(line);
      });
    }
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    return this.#ended;
  }

  #line(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.noise += `${line}\n`;
    }
  }

  /** How it ended; waits for it. */
  ended(withinMs = PATIENCE_MS): Promise<Ended> {
    const end = this.#ended;
    if (end === undefined) throw new Error('the service was never started');
    return Promise.race([
      end,
      new Promise<never>((_, reject) => {
        setTimeout(
          () => reject(new Error(`the service still runs after ${withinMs} ms; last: ${this.lastWords}`)),
          withinMs,
        ).unref();
      }),
    ]);
  }

  /** As a crash would. Fine when it does not run. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
    this.#child = undefined;
  }

  /** Lets the running one go on by itself, so that another can be started on the same folders. The caller ends it. */
  detach(): { kill(): Promise<void> } {
    const child = this.#child;
    const ended = this.#ended;
    this.#child = undefined;
    return {
      kill: async () => {
        child?.kill('SIGKILL');
        await ended;
      },
    };
  }
}
