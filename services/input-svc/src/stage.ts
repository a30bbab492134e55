import type { ControlBatch, InjectResponse } from '@ancloud/contracts/input/v1/input';
import { AppError, type Size, sleep, translate } from '@ancloud/kit';
import type { Controls } from './controls.js';
import type { Actor } from './core/arbiter.js';
import type { Plan, Step } from './core/fingers.js';
import type { Acks } from './io/acks.js';

/** A program that rests says so, lest its holder is taken for idle and its fingers for forgotten. */
const BEAT_MS = 1_000;

export interface StageOptions {
  readonly phoneId: string;
  readonly controls: Controls;
  readonly acks: Acks;
  readonly send: (batch: ControlBatch) => void;
  /** Of the picture now; 0 when the phone has not told it. */
  readonly size: () => Size;
}

/**
 * A program at the controls of one phone, from when it got them until it leaves them: under one fence. It ends, by an error of the call
 * that is under way, when its caller goes, when somebody else gets the controls, and when session-svc refuses an input. Every
 * down, up, key and text is acknowledged by session-svc; moves are not waited for.
 */
export class Stage {
  readonly #options: StageOptions;
  readonly #actor: Actor;
  readonly #fence: number;
  readonly #signal: AbortSignal;
  readonly #keys: Set<number>;
  /** Gestures played so far: under one fence each has a number of its own, else session-svc takes it for an old one. */
  #gestures = 0;

  /** @param keys what is held is remembered there. Errors: CONTROL_NOT_HELD when it has no fence. */
  constructor(options: StageOptions, actor: Actor, keys: Set<number>, signal: AbortSignal) {
    this.#options = options;
    this.#actor = actor;
    this.#fence = options.controls.fence;
    this.#keys = keys;
    this.#signal = signal;
    if (this.#fence === 0) throw notHeld(options);
  }

  /** Returns when the last input is written. Errors: CONTROL_NOT_HELD, SESSION_NOT_READY, INPUT_DROPPED, DEADLINE_EXCEEDED, CANCELLED. */
  async play(plan: Plan, speed = 1): Promise<InjectResponse> {
    const { controls, acks, send, size } = this.#options;
    const fence = this.#fence;
    const began = performance.now();
    const answers = new Set<Promise<void>>();
    const gestures = this.#gestures;
    let failed: AppError | undefined;
    const goesOn = (): void => {
      if (failed !== undefined) throw failed;
      this.#goesOn();
    };
    const answered = async (events: ControlBatch['events']): Promise<void> => {
      const heard = await acks.ask((ack) => send({ fence, events, ack }));
      failed ??= heard === undefined ? unanswered() : refusalOf(heard.refused);
    };
    for (const step of plan.steps) {
      await this.#until(began + step.atMs / speed, goesOn);
      const events = eventsOf(step, size(), gestures);
      for (const { event } of events)
        if (event?.$case === 'touch') this.#gestures = Math.max(this.#gestures, event.value.gesture);
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

  /** Does nothing for a while, and keeps the controls. Errors: CONTROL_NOT_HELD, CANCELLED. */
  rest(ms: number): Promise<void> {
    return this.#until(performance.now() + ms, () => this.#goesOn());
  }

  async #until(atMs: number, goesOn: () => void): Promise<void> {
    for (;;) {
      goesOn();
      const leftMs = atMs - performance.now();
      if (leftMs <= 0) return;
      await sleep(Math.min(leftMs, BEAT_MS), this.#signal).catch(() => undefined);
      if (leftMs > BEAT_MS) this.#options.send({ fence: this.#fence, events: [], ack: 0 });
    }
  }

  #goesOn(): void {
    const { controls } = this.#options;
    if (this.#signal.aborted) throw new AppError('CANCELLED', 'the caller went away');
    if (controls.fence !== this.#fence || controls.holder !== this.#actor.viewer)
      throw notHeld(this.#options);
    controls.decide({ type: 'acts', now: performance.now(), ...this.#actor }, '');
  }

  #remember({ inputs }: Step): void {
    for (const input of inputs) {
      if (input.$case !== 'key') continue;
      if (input.value.down) this.#keys.add(input.value.keycode);
      else this.#keys.delete(input.value.keycode);
    }
  }
}

/** A step as the phone is told it, behind so many gestures. Errors: INVALID_ARGUMENT. */
export function eventsOf(step: Step, size: Size, gestures = 0): ControlBatch['events'] {
  return step.inputs.map((input) => {
    const made = translate({ input, sentAtMs: 0 }, size);
    if (made.kind === 'event') {
      if (made.event.$case === 'touch') made.event.value.gesture += gestures;
      return { event: made.event };
    }
    throw new AppError('INVALID_ARGUMENT', made.kind === 'refused' ? made.why : 'this is no input', {
      field: input.$case,
    });
  });
}

export function notHeld({ controls, phoneId }: Pick<StageOptions, 'controls' | 'phoneId'>): AppError {
  return new AppError('CONTROL_NOT_HELD', `somebody else holds the controls of phone ${phoneId}`, {
    field: 'phoneId',
    value: phoneId,
    ...(controls.holder === '' ? {} : { fix: `wait for ${controls.holder}, or ask with takeOver` }),
  });
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
