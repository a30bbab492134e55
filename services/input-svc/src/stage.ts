import type { ControlBatch, InjectResponse } from '@ancloud/contracts/input/v1/input';
import { AppError, type Size, sleep, translate } from '@ancloud/kit';
import type { Controls } from './controls.js';
import type { Actor } from './core/arbiter.js';
import type { Plan, Step } from './core/fingers.js';
import { SEE_API } from './core/script-limits.js';
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
 * What programs of one holder have left under one fence. Under it each gesture and each state of the gamepad has a number of its own, else
 * session-svc takes it for an old one.
 */
export interface Trail {
  /** That are down. */
  readonly keys: Set<number>;
  gestures: number;
  pads: number;
}

export function newTrail(): Trail {
  return { keys: new Set(), gestures: 0, pads: 0 };
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
  readonly #trail: Trail;

  /** @param trail of before, under the same fence; is carried on. Errors: CONTROL_NOT_HELD when it has no fence. */
  constructor(options: StageOptions, actor: Actor, trail: Trail, signal: AbortSignal) {
    this.#options = options;
    this.#actor = actor;
    this.#fence = options.controls.fence;
    this.#trail = trail;
    this.#signal = signal;
    if (this.#fence === 0) throw notHeld(options);
  }

  /**
   * Returns when the phone's session has told how large its picture is now: while nobody watches it has to look first. The size comes by
   * the same connection, before the answer. Errors: DEADLINE_EXCEEDED, CANCELLED.
   */
  async enter(): Promise<void> {
    const { acks, send } = this.#options;
    const heard = await acks.ask((ack) => send({ fence: this.#fence, events: [], ack }), this.#signal);
    // What was refused is refused again, with the first input.
    if (heard === undefined) throw unanswered();
  }

  /** Returns when the last input is written. Errors: CONTROL_NOT_HELD, SESSION_NOT_READY, INPUT_DROPPED, DEADLINE_EXCEEDED, CANCELLED. */
  async play(plan: Plan, speed = 1): Promise<InjectResponse> {
    const { controls, acks, send, size } = this.#options;
    const fence = this.#fence;
    const began = performance.now();
    const answers = new Set<Promise<void>>();
    const behind = { ...this.#trail };
    let lateMs = 0;
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
      await this.#until(began + lateMs + step.atMs / speed, goesOn);
      const events = eventsOf(step, size(), behind);
      this.#remember(events);
      controls.counted();
      if (step.moves) {
        send({ fence, events, ack: 0 });
        continue;
      }
      const answer = answered(events).finally(() => answers.delete(answer));
      answers.add(answer);
      if (step.waits !== true) continue;
      const askedMs = performance.now();
      await answer;
      lateMs += performance.now() - askedMs;
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

  #remember(events: ControlBatch['events']): void {
    const trail = this.#trail;
    for (const { event } of events) {
      if (event?.$case === 'touch') trail.gestures = Math.max(trail.gestures, event.value.gesture);
      else if (event?.$case === 'pad') trail.pads = Math.max(trail.pads, event.value.sequence);
      else if (event?.$case === 'key' && event.value.down) trail.keys.add(event.value.keycode);
      else if (event?.$case === 'key') trail.keys.delete(event.value.keycode);
    }
  }
}

/** A step as the phone is told it, behind what was before. Errors: INVALID_ARGUMENT. */
export function eventsOf(
  step: Step,
  size: Size,
  { gestures, pads }: Pick<Trail, 'gestures' | 'pads'> = newTrail(),
): ControlBatch['events'] {
  return step.inputs.map((input) => {
    const made = translate({ input, sentAtMs: 0 }, size);
    if (made.kind === 'event') {
      const { event } = made;
      if (event.$case === 'touch') event.value.gesture += gestures;
      // A state is passed on as it is, and a plan may be played again.
      if (event.$case !== 'pad') return { event };
      const value = { ...event.value, sequence: event.value.sequence + pads };
      return { event: { $case: 'pad', value } };
    }
    throw new AppError('INVALID_ARGUMENT', made.kind === 'refused' ? made.why : 'this is no input', {
      field: input.$case,
      fix: SEE_API,
    });
  });
}

export function notHeld({ controls, phoneId }: Pick<StageOptions, 'controls' | 'phoneId'>): AppError {
  const { holder } = controls;
  const [why, fix] =
    holder === ''
      ? [
          `the controls of phone ${phoneId} were taken away, or cannot be had just now`,
          'try again in a moment',
        ]
      : [`somebody else holds the controls of phone ${phoneId}`, `wait for ${holder}, or ask with takeOver`];
  return new AppError('CONTROL_NOT_HELD', why, { field: 'phoneId', value: phoneId, fix });
}

const REMEDIES: Readonly<Record<string, string>> = {
  size: 'its screen turned meanwhile: play it again',
  unsupported:
    'it has no such thing: a gamepad has who is made with one (`gamepad` of its spec), whom else `key` gives its buttons',
  pad: 'its gamepad could not be written to: look at the phone',
};

function refusalOf(reason: string): AppError | undefined {
  switch (reason) {
    case '':
      return undefined;
    case 'fence':
      return new AppError('CONTROL_NOT_HELD', 'somebody else took the controls', {
        fix: 'wait for its end, or ask with takeOver',
      });
    case 'not-ready':
      return new AppError('SESSION_NOT_READY', 'the phone cannot be touched just now', {
        fix: 'try again in a moment',
      });
    default:
      return new AppError('INPUT_DROPPED', `the phone did not take the input: ${reason}`, {
        fix: REMEDIES[reason] ?? 'look at the phone',
      });
  }
}

function unanswered(): AppError {
  return new AppError('DEADLINE_EXCEEDED', 'session-svc did not say in time that the input is written', {
    fix: 'the phone may have taken it: look before you play it again',
  });
}
