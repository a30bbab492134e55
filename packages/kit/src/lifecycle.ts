import { type Clock, realClock } from './clock.js';
import { collectGarbage } from './collect-garbage.js';
import { AppError, describeError } from './errors.js';
import type { Log } from './log.js';

/**
 * One named part of a process. All three hooks are optional and are called at most once, in three passes over all parts,
 * each pass in the reverse order of adding (what was built last leans on what was built first):
 *
 * 1. `stop`  accept nothing new, tell others to leave. Quick: must not wait for work to end.
 * 2. `join`  wait until work under way has ended. Nothing may be torn away beneath it yet.
 * 3. `free`  close sockets, files, processes.
 */
export interface Part {
  readonly name: string;
  stop?(): void | Promise<void>;
  join?(): void | Promise<void>;
  free?(): void | Promise<void>;
}

const PASSES = ['stop', 'join', 'free'] as const;

export interface LifecycleOptions {
  readonly log: Log;
  /** Time for all three passes together, ms. What has not ended by then is named in the log and left behind. Default 10 000. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/**
 * Owns the end of a process: parts are added as they are built, and leave as stop → join → free.
 * A failing or hanging hook is logged by name and never keeps the others from their turn.
 */
export class Lifecycle {
  readonly #parts: Part[] = [];
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #controller = new AbortController();
  #ending: Promise<boolean> | undefined;

  constructor(options: LifecycleOptions) {
    this.#log = options.log;
    this.#clock = options.clock ?? realClock;
    this.#deadlineMs = options.deadlineMs ?? 10_000;
  }

  /** Aborts when shutdown begins: for loops and waits that have no part of their own. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Adds a part. After shutdown has begun the part is ended at once (a start that lost the race against SIGTERM). */
  add(part: Part): void {
    if (this.#ending === undefined) {
      this.#parts.push(part);
      return;
    }
    const deadline = this.#clock.monotonic() + this.#deadlineMs;
    this.#ending = this.#ending.then(async (clean) => (await this.#passes([part], deadline)) && clean);
  }

  /** Ends all parts. May be called twice: both callers get the same result. True = every hook ended well and in time. */
  shutdown(reason: string): Promise<boolean> {
    this.#ending ??= this.#shutdown(reason);
    return this.#ending;
  }

  async #shutdown(reason: string): Promise<boolean> {
    this.#log.info({ reason }, 'stopping');
    const began = this.#clock.monotonic();
    this.#controller.abort(new AppError('CANCELLED', `the process is stopping: ${reason}`));
    const clean = await this.#passes(this.#parts.toReversed(), began + this.#deadlineMs);
    this.#log.info({ ms: Math.round(this.#clock.monotonic() - began), clean }, 'stopped');
    return clean;
  }

  async #passes(parts: readonly Part[], deadline: number): Promise<boolean> {
    let clean = true;
    for (const pass of PASSES) {
      for (const part of parts) {
        // One after the other: a part may count on the parts above it having finished this pass.
        if (!(await this.#hook(part, pass, deadline))) clean = false;
      }
    }
    return clean;
  }

  async #hook(part: Part, pass: (typeof PASSES)[number], deadline: number): Promise<boolean> {
    if (part[pass] === undefined) return true;
    const late = Symbol('late');
    let cancel = (): void => {};
    // Even past the deadline each hook gets a moment: closing a socket takes none, and is better than not closing it.
    const patience = Math.max(50, deadline - this.#clock.monotonic());
    const timeout = new Promise<typeof late>((resolve) => {
      const timer = this.#clock.setTimeout(() => resolve(late), patience);
      cancel = () => timer.cancel();
    });
    try {
      const outcome = await Promise.race([Promise.resolve(part[pass]()), timeout]);
      if (outcome !== late) return true;
      this.#log.warn({ part: part.name, pass }, 'did not end in time, left behind');
    } catch (err) {
      this.#log.warn({ part: part.name, pass, err }, 'failed while ending');
    } finally {
      cancel();
    }
    return false;
  }
}

export interface MainOptions extends LifecycleOptions {
  /** Default `process.exit`. */
  readonly exit?: (code: number) => void;
}

/** After the start, ms: its own garbage is all there, and what waited for the service has been served. */
const SETTLED_MS = 3_000;

/**
 * Runs a service: `start` builds it and adds its parts; then the process lives until a signal.
 *
 * - SIGTERM, SIGINT: shutdown, exit 0 (1 when not clean). A second signal exits at once with 128 + its number.
 * - an error in `start`: logged (AppErrors also as plain text with the fix), what was started is ended, exit 1.
 * - an unhandled rejection: a bug, but state is still sound: logged as fatal, orderly shutdown, exit 1.
 * - an uncaught exception: state is unknown: logged as fatal, exit 1 at once; systemd or compose starts it again.
 */
export async function runMain(
  options: MainOptions,
  start: (life: Lifecycle) => Promise<void>,
): Promise<Lifecycle> {
  const { log } = options;
  const exit = options.exit ?? ((code: number) => process.exit(code));
  const life = new Lifecycle(options);
  let exitCode = 0;
  let signalled = false;
  const end = (reason: string): void => {
    void life.shutdown(reason).then((clean) => exit(exitCode === 0 && !clean ? 1 : exitCode));
  };
  const onSignal = (name: 'SIGTERM' | 'SIGINT', number: number) => (): void => {
    if (signalled) {
      log.warn({ signal: name }, 'second signal: leaving at once');
      exit(128 + number);
      return;
    }
    signalled = true;
    end(name);
  };
  process.on('SIGTERM', onSignal('SIGTERM', 15));
  process.on('SIGINT', onSignal('SIGINT', 2));
  process.on('unhandledRejection', (err) => {
    log.fatal({ err }, 'unhandled rejection');
    exitCode = 1;
    end('unhandled rejection');
  });
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'uncaught exception');
    exit(1);
  });
  try {
    await start(life);
    (options.clock ?? realClock).setTimeout(collectGarbage, SETTLED_MS).unref();
  } catch (err) {
    exitCode = 1;
    // A start that was interrupted by a signal fails because of it: that is no news.
    if (!signalled) log.fatal({ err }, `did not start: ${describeError(err)}`);
    end('start failed');
  }
  return life;
}
