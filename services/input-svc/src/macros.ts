import type { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { MacroState, PlayMacroRequest, TakeMacroResponse } from '@ancloud/contracts/input/v1/input';
import { type MacroRun, MacroRunState } from '@ancloud/contracts/input/v1/macro';
import { AppError, type Log } from '@ancloud/kit';
import type { Records } from '@ancloud/state';
import { planMacro, planTempo } from './core/macro.js';
import { Recorder } from './core/recorder.js';
import { type Injector, refusal } from './injector.js';
import type { Eyes } from './io/eyes.js';
import { MacroPlay } from './macro-play.js';

/** A recording that nobody ends. */
const RECORD_MS = 30 * 60_000;

/** What a macro needs of a phone that this instance serves. */
export interface Stagehand {
  readonly injector: Injector;
  /** Of the session-svc; empty while there is none. */
  readonly sessionAddress: string;
}

export interface MacrosOptions {
  /** This process among all input-svcs. */
  readonly inputId: string;
  readonly eyes: Eyes;
  readonly runs: Pick<Records<MacroRun>, 'get' | 'set'>;
  /** Errors: PHONE_NOT_FOUND for one that this instance does not serve. */
  readonly phone: (phone: string) => Stagehand;
  readonly log: Log;
}

interface Recording {
  readonly recorder: Recorder;
  readonly sinceMs: number;
  readonly untilMs: number;
}

interface Playing {
  readonly play: MacroPlay;
  /** Resolves when how it ended is written, and another may begin. */
  readonly followed: Promise<void>;
}

/** Macros on the phones that this instance serves: what is recorded of each, and what is played on it. Both end with the serving. */
export class Macros {
  readonly #options: MacrosOptions;
  readonly #recordings = new Map<string, Recording>();
  readonly #plays = new Map<string, Playing>();
  /** Phones whose macro is about to begin. */
  readonly #beginning = new Set<string>();

  constructor(options: MacrosOptions) {
    this.#options = options;
  }

  /** The holder of a phone's controls did something. Hot: a look into a map where nothing is recorded. */
  did(phone: string, input: ViewerInput): void {
    const recording = this.#recordings.get(phone);
    if (recording === undefined) return;
    const now = performance.now();
    if (now < recording.untilMs) recording.recorder.add(input, now);
  }

  /** What the holder had down was lifted by the farm. */
  lifted(phone: string): void {
    this.#recordings.get(phone)?.recorder.lifted(performance.now());
  }

  /** Errors: PHONE_NOT_FOUND, MACRO_BUSY. */
  record(phone: string): Promise<MacroState> {
    this.#options.phone(phone);
    if (this.#recordings.has(phone)) throw busy(phone, 'is being recorded');
    const now = performance.now();
    this.#recordings.set(phone, {
      recorder: new Recorder(now),
      sinceMs: Date.now(),
      untilMs: now + RECORD_MS,
    });
    return this.state(phone);
  }

  /** Errors: PHONE_NOT_FOUND, MACRO_NOT_FOUND. */
  take(phone: string): TakeMacroResponse {
    this.#options.phone(phone);
    const recording = this.#recordings.get(phone);
    if (recording === undefined) throw nothing(phone, 'nothing is being recorded', 'begin it first');
    this.#recordings.delete(phone);
    const macro = recording.recorder.take(performance.now());
    return { macro, full: this.#full(recording) };
  }

  /** Errors: see InputService.PlayMacro. */
  async play(request: PlayMacroRequest): Promise<MacroState> {
    const { phoneId, macroId, runId, by, holder, takeOver } = request;
    const { injector } = this.#options.phone(phoneId);
    if (this.#plays.has(phoneId) || this.#beginning.has(phoneId)) throw busy(phoneId, 'is being played');
    this.#beginning.add(phoneId);
    try {
      const plan = planMacro(request.macro ?? { steps: [] });
      if ('code' in plan) throw refusal(plan);
      const tempo = planTempo(request, plan);
      if ('code' in tempo) throw refusal(tempo);
      for (const step of plan.steps) if ('plan' in step) injector.checkOnPicture(step.plan);
      if (plan.readsText) await this.#options.eyes.canRead();
      const play = new MacroPlay({
        run: { runId, phoneId, macroId, by, inputId: this.#options.inputId },
        program: {
          holder,
          takeOver,
          how: `played ${macroId === '' ? 'a macro' : macroId} by ${by}`,
          keepsKeys: false,
        },
        plan,
        tempo,
        injector,
        look: (wait, signal) =>
          this.#options.eyes.look(phoneId, this.#options.phone(phoneId).sessionAddress, wait, signal),
      });
      this.#plays.set(phoneId, { play, followed: this.#follow(phoneId, play) });
      await play.begun;
      await this.#write(play.run);
      return await this.state(phoneId);
    } finally {
      this.#beginning.delete(phoneId);
    }
  }

  /** Errors: PHONE_NOT_FOUND, MACRO_NOT_FOUND. */
  async stop(phone: string): Promise<MacroState> {
    this.#options.phone(phone);
    const playing = this.#plays.get(phone);
    if (playing === undefined) throw nothing(phone, 'nothing is being played', 'it may have ended by itself');
    playing.play.stop();
    await playing.followed;
    return { ...(await this.state(phone)), run: playing.play.run };
  }

  /** Errors: PHONE_NOT_FOUND, UNAVAILABLE_STATE. */
  async state(phone: string): Promise<MacroState> {
    this.#options.phone(phone);
    const recording = this.#recordings.get(phone);
    return {
      recording: recording && {
        sinceMs: recording.sinceMs,
        steps: recording.recorder.steps,
        full: this.#full(recording),
      },
      run: this.#plays.get(phone)?.play.run ?? (await this.#options.runs.get({ phone })),
    };
  }

  /** This instance serves the phone from now on: what another one was playing has ended with it. */
  async served(phone: string): Promise<void> {
    try {
      const run = await this.#options.runs.get({ phone });
      if (run?.state !== MacroRunState.MACRO_RUN_STATE_RUNNING || run.inputId === this.#options.inputId)
        return;
      await this.#write({
        ...run,
        state: MacroRunState.MACRO_RUN_STATE_INTERRUPTED,
        code: 'UNAVAILABLE',
        message: 'the input-svc that played it ended',
        endedAtMs: Date.now(),
      });
    } catch (err) {
      this.#options.log.warn({ phone, err }, 'whether a macro was interrupted could not be seen');
    }
  }

  /** It serves the phone no more. @param ours whether what is written about the phone is still ours to write. */
  async ended(phone: string, ours: boolean): Promise<void> {
    this.#recordings.delete(phone);
    const playing = this.#plays.get(phone);
    if (playing === undefined) return;
    if (!ours) this.#plays.delete(phone);
    playing.play.stop();
    await playing.followed;
  }

  /** Never rejects. */
  async #follow(phone: string, play: MacroPlay): Promise<void> {
    // Who asked hears of it.
    play.begun.catch(() => undefined);
    const run = await play.over;
    const isLast = (): boolean => this.#plays.get(phone)?.play === play;
    if (run !== undefined && isLast()) await this.#write(run);
    if (isLast()) this.#plays.delete(phone);
  }

  async #write(run: MacroRun): Promise<void> {
    await this.#options.runs
      .set({ phone: run.phoneId }, run)
      .catch((err: unknown) =>
        this.#options.log.warn({ run, err }, 'how a macro fares could not be written'),
      );
  }

  #full({ recorder, untilMs }: Recording): boolean {
    return recorder.full || performance.now() >= untilMs;
  }
}

function busy(phone: string, what: string): AppError {
  return new AppError('MACRO_BUSY', `a macro ${what} on phone ${phone} already`, {
    field: 'phoneId',
    value: phone,
    fix: 'end it first, or wait for its end',
  });
}

function nothing(phone: string, what: string, fix: string): AppError {
  return new AppError('MACRO_NOT_FOUND', `${what} on phone ${phone}`, {
    field: 'phoneId',
    value: phone,
    fix,
  });
}
