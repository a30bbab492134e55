import { MacroRun, MacroRunState as State } from '@ancloud/contracts/input/v1/macro';
import { AppError, isAppError } from '@ancloud/kit';
import type { MacroPlan, Tempo, Wait } from './core/macro.js';
import { colorWord, type Seen } from './core/seen.js';
import type { Injector, Program } from './injector.js';
import type { Stage } from './stage.js';

/** From one look at the screen to the next; a look itself takes a tenth of a second or more. */
const LOOK_EACH_MS = 250;
/** A look that takes long is no reason to lose the controls for idleness. */
const BEAT_MS = 1_000;
/** What another look may cure. */
const PASSING: ReadonlySet<string> = new Set([
  'SCREENSHOT_FAILED',
  'CAPACITY',
  'SESSION_NOT_READY',
  'UNAVAILABLE',
]);

export interface MacroPlayOptions {
  readonly run: Pick<MacroRun, 'runId' | 'phoneId' | 'macroId' | 'by' | 'inputId'>;
  readonly program: Program;
  readonly plan: MacroPlan;
  readonly tempo: Tempo;
  readonly injector: Injector;
  readonly look: (wait: Wait, signal: AbortSignal) => Promise<Seen>;
}

/** One play of a macro on one phone, from the controls to its end. It ends by itself, by `stop`, and by its time. */
export class MacroPlay {
  /** Resolves when it has the controls. Rejects when it does not get them: then nothing was played. */
  readonly begun: Promise<void>;
  /** Resolves with how it ended; undefined when it never began. */
  readonly over: Promise<MacroRun | undefined>;
  readonly #options: MacroPlayOptions;
  readonly #abort = new AbortController();
  #run: MacroRun;

  constructor(options: MacroPlayOptions) {
    this.#options = options;
    const { run, tempo } = options;
    this.#run = MacroRun.fromPartial({
      ...run,
      state: State.MACRO_RUN_STATE_RUNNING,
      loops: tempo.loops,
      startedAtMs: Date.now(),
    });
    const begun = Promise.withResolvers<void>();
    this.begun = begun.promise;
    this.over = this.#play(begun);
  }

  /** How far it is. */
  get run(): MacroRun {
    return { ...this.#run };
  }

  /** What is down is lifted. May be called twice. */
  stop(): void {
    this.#abort.abort(new AppError('CANCELLED', 'it was stopped'));
  }

  async #play(begun: PromiseWithResolvers<void>): Promise<MacroRun | undefined> {
    const { injector, program, tempo } = this.#options;
    const timer = setTimeout(() => {
      const why = `it was not done after ${tempo.timeoutMs} ms`;
      this.#abort.abort(new AppError('DEADLINE_EXCEEDED', why));
    }, tempo.timeoutMs).unref();
    let has = false;
    try {
      await injector.perform(
        () => ({
          program,
          act: async (stage) => {
            has = true;
            begun.resolve();
            await this.#rounds(stage);
          },
        }),
        this.#abort.signal,
      );
      this.#ended(State.MACRO_RUN_STATE_DONE);
    } catch (error) {
      begun.reject(error);
      this.#failed(error);
    } finally {
      clearTimeout(timer);
    }
    return has ? this.run : undefined;
  }

  async #rounds(stage: Stage): Promise<void> {
    const { plan, tempo } = this.#options;
    for (let round = 0; round < tempo.loops; round += 1) {
      for (const [step, one] of plan.steps.entries()) {
        this.#run.step = step;
        await stage.rest(one.afterMs / tempo.speed);
        if ('plan' in one) await stage.play(one.plan, tempo.speed);
        else await this.#waitFor(stage, one.wait);
      }
      this.#run.loopsDone = round + 1;
    }
  }

  async #waitFor(stage: Stage, wait: Wait): Promise<void> {
    const untilMs = performance.now() + wait.timeoutMs;
    for (;;) {
      const { yes, saw } = await this.#seen(stage, wait);
      if (yes !== wait.absent) return;
      if (performance.now() >= untilMs)
        throw new AppError('WAIT_TIMEOUT', `after ${wait.timeoutMs} ms ${saw}; ${wantedOf(wait)}`);
      await stage.rest(LOOK_EACH_MS);
    }
  }

  async #seen(stage: Stage, wait: Wait): Promise<Seen> {
    const looked = this.#options.look(wait, this.#abort.signal).catch((error: unknown): Seen => {
      if (!isAppError(error) || !PASSING.has(error.code)) throw error;
      return { yes: wait.absent, saw: `the screen could not be seen: ${error.message}` };
    });
    for (;;) {
      const seen = await Promise.race([looked, stage.rest(BEAT_MS)]);
      if (seen !== undefined) return seen;
    }
  }

  #failed(error: unknown): void {
    // Why it was ended from outside says more than what that interrupted.
    const { reason } = this.#abort.signal as { reason: unknown };
    const known = isAppError(reason) ? reason : isAppError(error) ? error : undefined;
    if (known?.code === 'CANCELLED') return this.#ended(State.MACRO_RUN_STATE_STOPPED);
    this.#run.code = known?.code ?? 'INTERNAL';
    this.#run.message = known?.message ?? (error instanceof Error ? error.message : 'it failed');
    this.#ended(State.MACRO_RUN_STATE_FAILED);
  }

  #ended(state: State): void {
    this.#run.state = state;
    this.#run.endedAtMs = Date.now();
  }
}

function wantedOf({ condition, absent }: Wait): string {
  const what =
    condition.$case === 'pixel'
      ? `${colorWord(condition.value.rgb)} within ${condition.value.tolerance}`
      : `'${condition.value.text}'`;
  return `${what} was waited for${absent ? ' to go' : ''}`;
}
