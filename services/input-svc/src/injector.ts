import type { ControlBatch, InjectRequest, InjectResponse } from '@ancloud/contracts/input/v1/input';
import { AppError, sleep } from '@ancloud/kit';
import type { Controls } from './controls.js';
import { ranks } from './core/arbiter.js';
import type { Plan, Step } from './core/fingers.js';
import { planScript } from './core/script.js';
import { type Size, translate } from './core/translate.js';
import type { Acks } from './io/acks.js';

/** A script that rests says so, lest its holder is taken for idle and its fingers for forgotten. */
const BEAT_MS = 1_000;
/** A key that was only pressed down is let go after this long. */
const HOLD_MS = 30_000;

export interface InjectorOptions {
  readonly phoneId: string;
  readonly controls: Controls;
  readonly acks: Acks;
  readonly send: (batch: ControlBatch) => void;
  /** Of the picture now; 0 when the phone has not told it. */
  readonly size: () => Size;
}

/**
 * Plays what programs ask for on one phone, one script at a time. Its player holds the controls as a viewer does, and loses them as a
 * viewer does: then the script ends. Every down, up, key and text is acknowledged by session-svc; moves are not waited for.
 */
export class Injector {
  readonly #options: InjectorOptions;
  #playing = false;
  /** Keys that a caller pressed and has not let go: it stays the holder meanwhile. */
  readonly #keys = new Set<number>();
  #holding: NodeJS.Timeout | undefined;

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  /** Errors: see InputService.Inject. */
  async inject(request: InjectRequest, signal: AbortSignal): Promise<InjectResponse> {
    const { controls, phoneId } = this.#options;
    const { holder, by, takeOver } = request;
    const plan = this.#planned(request);
    if (this.#playing)
      throw new AppError('CONTROL_NOT_HELD', `another script is being played on phone ${phoneId}`, {
        field: 'phoneId',
        value: phoneId,
        fix: 'wait for its end',
      });
    const actor = { viewer: holder, rank: takeOver ? ranks.owner : ranks.control };
    this.#playing = true;
    clearTimeout(this.#holding);
    try {
      if (
        !controls.decide(
          { type: 'acts', now: performance.now(), ...actor },
          `injected by ${by}: ${plan.name}`,
        )
      )
        throw this.#notHeld();
      await controls.settled();
      return await this.#play(plan, actor, signal);
    } finally {
      this.#playing = false;
      if (this.#keys.size === 0 || controls.holder !== holder) this.#leave(holder);
      else this.#holding = setTimeout(() => this.#leave(holder), HOLD_MS).unref();
    }
  }

  /** Nothing is played any more. */
  close(): void {
    clearTimeout(this.#holding);
  }

  #leave(holder: string): void {
    this.#keys.clear();
    this.#options.controls.decide({ type: 'leaves', viewer: holder, now: performance.now() }, 'it was done');
  }

  /** All of the script is looked at before its first input is played. */
  #planned({ injection, phoneId }: InjectRequest): Plan {
    const size = this.#options.size();
    if (size.width === 0)
      throw new AppError('SESSION_NOT_READY', `phone ${phoneId} has not told its size yet`, {
        field: 'phoneId',
        value: phoneId,
        fix: 'try again in a moment',
      });
    const plan = planScript(injection ?? { input: undefined });
    if ('code' in plan)
      throw new AppError(plan.code, plan.why, {
        field: plan.field,
        fix:
          plan.code === 'SCRIPT_TOO_LONG' ? 'play it in parts' : 'see the API document for what is allowed',
      });
    for (const step of plan.steps) this.#events(step);
    return plan;
  }

  async #play(
    plan: Plan,
    actor: { viewer: string; rank: number },
    signal: AbortSignal,
  ): Promise<InjectResponse> {
    const { controls, acks, send } = this.#options;
    const { fence } = controls;
    if (fence === 0 || controls.holder !== actor.viewer) throw this.#notHeld();
    const began = performance.now();
    const answers = new Set<Promise<void>>();
    let failed: AppError | undefined;
    const goesOn = (): void => {
      if (failed !== undefined) throw failed;
      if (signal.aborted) throw new AppError('CANCELLED', 'the caller went away');
      if (controls.fence !== fence || controls.holder !== actor.viewer) throw this.#notHeld();
      controls.decide({ type: 'acts', now: performance.now(), ...actor }, '');
    };
    const answered = async (events: ControlBatch['events']): Promise<void> => {
      const heard = await acks.ask((ack) => send({ fence, events, ack }));
      failed ??= heard === undefined ? unanswered() : refusalOf(heard.refused);
    };
    for (const step of plan.steps) {
      for (;;) {
        goesOn();
        const leftMs = began + step.atMs - performance.now();
        if (leftMs <= 0) break;
        await sleep(Math.min(leftMs, BEAT_MS), signal).catch(() => undefined);
        if (leftMs > BEAT_MS) send({ fence, events: [], ack: 0 });
      }
      const events = this.#events(step);
      this.#remember(step);
      controls.counted();
      if (step.moves) {
        send({ fence, events, ack: 0 });
        continue;
      }
      const answer = answered(events).finally(() => answers.delete(answer));
      answers.add(answer);
    }
    await Promise.all(answers);
    goesOn();
    return { tookMs: Math.round(performance.now() - began), steps: plan.steps.length };
  }

  #events(step: Step): ControlBatch['events'] {
    return step.inputs.map((input) => {
      const made = translate({ input, sentAtMs: 0 }, this.#options.size());
      if (made.kind === 'event') return { event: made.event };
      throw new AppError('INVALID_ARGUMENT', made.kind === 'refused' ? made.why : 'this is no input', {
        field: input.$case,
      });
    });
  }

  #remember({ inputs }: Step): void {
    for (const input of inputs) {
      if (input.$case !== 'key') continue;
      if (input.value.down) this.#keys.add(input.value.keycode);
      else this.#keys.delete(input.value.keycode);
    }
  }

  #notHeld(): AppError {
    const { controls, phoneId } = this.#options;
    return new AppError('CONTROL_NOT_HELD', `somebody else holds the controls of phone ${phoneId}`, {
      field: 'phoneId',
      value: phoneId,
      ...(controls.holder === '' ? {} : { fix: `wait for ${controls.holder}, or ask with takeOver` }),
    });
  }
}

function refusalOf(reason: string): AppError | undefined {
  switch (reason) {
    case '':
      return undefined;
    case 'fence':
      return new AppError('CONTROL_NOT_HELD', 'somebody else took the controls');
    case 'not-ready':
      return new AppError('SESSION_NOT_READY', 'the phone cannot be touched just now', {
        fix: 'try again in a moment',
      });
    default:
      return new AppError('INPUT_DROPPED', `the phone did not take the input: ${reason}`, {
        fix: reason === 'size' ? 'its screen turned meanwhile: play it again' : 'look at the phone',
      });
  }
}

function unanswered(): AppError {
  return new AppError('DEADLINE_EXCEEDED', 'session-svc did not say in time that the input is written', {
    fix: 'the phone may have taken it: look before you play it again',
  });
}
