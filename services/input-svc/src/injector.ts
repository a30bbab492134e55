import type { Injection } from '@ancloud/contracts/input/v1/inject';
import type { InjectRequest, InjectResponse } from '@ancloud/contracts/input/v1/input';
import { AppError, type Size } from '@ancloud/kit';
import { ranks } from './core/arbiter.js';
import type { Plan } from './core/fingers.js';
import { type Refusal, SEE_API } from './core/script-limits.js';
import { planScript } from './core/script.js';
import { eventsOf, newTrail, notHeld, Stage, type StageOptions, type Trail } from './stage.js';

/** A key that was only pressed down is let go after this long. */
const HOLD_MS = 30_000;

/** A program that wants to act on a phone. */
export interface Program {
  /** Stands for its caller as a viewer's id does for a viewer. */
  readonly holder: string;
  /** For the audit. */
  readonly how: string;
  /** With an owner's rank. */
  readonly takeOver: boolean;
  /** What it has left pressed stays so, for a call that follows; not when it fails. */
  readonly keepsKeys: boolean;
}

/** Keys that a program's call has left pressed: it stays the holder meanwhile. */
interface Kept {
  readonly holder: string;
  /** Under which they were pressed: with the next one they are lifted. */
  readonly fence: number;
  readonly trail: Trail;
  readonly timer: NodeJS.Timeout;
}

/**
 * What programs do on one phone, one at a time. Each holds the controls as a viewer does, and loses them as a viewer does: then it
 * ends. What it has down is lifted with its end.
 */
export class Injector {
  readonly #options: StageOptions;
  #playing = false;
  #kept: Kept | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** Errors: see InputService.Inject. */
  inject(request: InjectRequest, signal: AbortSignal): Promise<InjectResponse> {
    return this.perform(() => {
      const plan = this.#planned(request.injection ?? { input: undefined });
      const { holder, takeOver, by } = request;
      return {
        program: { holder, takeOver, how: `injected by ${by}: ${plan.name}`, keepsKeys: true },
        act: (stage) => stage.play(plan),
      };
    }, signal);
  }

  /**
   * Takes the controls for a program, runs `act`, and gives them up. `prepare` comes first, and may refuse. Errors: its own,
   * CONTROL_NOT_HELD, those of `act`.
   */
  async perform<T>(
    prepare: () => { readonly program: Program; readonly act: (stage: Stage) => Promise<T> },
    signal: AbortSignal,
  ): Promise<T> {
    const { controls, phoneId } = this.#options;
    // Before anything is planned, which may be work.
    if (this.#playing)
      throw new AppError('CONTROL_NOT_HELD', `another script is being played on phone ${phoneId}`, {
        field: 'phoneId',
        value: phoneId,
        fix: 'wait for its end',
      });
    const { program, act } = prepare();
    const { holder, takeOver, how, keepsKeys } = program;
    const actor = { viewer: holder, rank: takeOver ? ranks.owner : ranks.control };
    this.#playing = true;
    let trail = newTrail();
    let done = false;
    try {
      if (!controls.decide({ type: 'acts', now: performance.now(), ...actor }, how))
        throw notHeld(this.#options);
      await controls.settled();
      if (controls.holder !== holder) throw notHeld(this.#options);
      // Not before: whoever is refused changes nothing of what another program holds.
      trail = this.#takeKept(holder);
      const stage = new Stage(this.#options, actor, trail, signal);
      await stage.enter();
      const result = await act(stage);
      done = true;
      return result;
    } finally {
      this.#playing = false;
      // What ended in its middle may have left fingers down.
      if (done && keepsKeys && trail.keys.size > 0 && controls.holder === holder) this.#keep(holder, trail);
      else this.#leave(holder);
    }
  }

  /** Refuses what cannot be played on the picture as it is. Errors: SESSION_NOT_READY, INVALID_ARGUMENT. */
  checkOnPicture(plan: Plan): void {
    const size = this.#size();
    for (const step of plan.steps) eventsOf(step, size);
  }

  /** Nothing is played any more. */
  close(): void {
    clearTimeout(this.#kept?.timer);
    this.#kept = undefined;
  }

  #keep(holder: string, trail: Trail): void {
    const timer = setTimeout(() => {
      this.#kept = undefined;
      this.#leave(holder);
    }, HOLD_MS).unref();
    this.#kept = { holder, fence: this.#options.controls.fence, trail, timer };
  }

  /** What the one who has the controls now has done under the same fence. Whoever had them between lifted all that was pressed. */
  #takeKept(holder: string): Trail {
    const kept = this.#kept;
    this.close();
    return kept?.holder === holder && kept.fence === this.#options.controls.fence ? kept.trail : newTrail();
  }

  #leave(holder: string): void {
    this.#options.controls.decide({ type: 'leaves', viewer: holder, now: performance.now() }, 'it was done');
  }

  /** All of the script is looked at before its first input is played. */
  #planned(injection: Injection): Plan {
    this.#size();
    const plan = planScript(injection);
    if ('code' in plan) throw refusal(plan);
    this.checkOnPicture(plan);
    return plan;
  }

  #size(): Size {
    const { size, phoneId } = this.#options;
    const now = size();
    if (now.width > 0) return now;
    throw new AppError('SESSION_NOT_READY', `phone ${phoneId} has not told its size yet`, {
      field: 'phoneId',
      value: phoneId,
      fix: 'try again in a moment',
    });
  }
}

/** What is wrong with a script, for its caller. */
export function refusal({ code, field, why }: Refusal): AppError {
  return new AppError(code, why, {
    field,
    fix: code === 'SCRIPT_TOO_LONG' ? 'play it in parts' : SEE_API,
  });
}
