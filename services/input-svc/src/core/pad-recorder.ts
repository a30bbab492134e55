import type { PadMoment, PlayPad } from '@ancloud/contracts/input/v1/inject';
import type { PadState } from '@ancloud/contracts/input/v1/viewer';
import { scriptLimits } from './script-limits.js';

/** Places of sticks that are kept: 60 a second, as of fingers. */
const MOMENT_MS = 16;
/** Room for the last moment and a rest behind it. */
const ROOM_MS = 1_000;
/** Of an axis one way. */
const AXIS = 32_767;

/** What was played with a gamepad, and when. */
export interface PadPlayed {
  readonly beganMs: number;
  readonly endMs: number;
  readonly play: PlayPad;
}

/**
 * Writes down what a gamepad does, from its first push to its rest, as a program can play it. Every change of buttons is kept, of sticks
 * and triggers so many a second. What is longer than may be played at once is cut into parts. Pure; times of one clock in ms.
 */
export class PadRecorder {
  #beganMs = 0;
  #moments: PadMoment[] = [];
  /** The newest state, where it was not kept: it is what the next one begins from. */
  #skipped: PadState | undefined;

  /** @returns what has ended by this. */
  state(state: PadState, nowMs: number): PadPlayed | undefined {
    if (atRest(state)) return this.end(nowMs);
    const long =
      nowMs - this.#beganMs >= scriptLimits.durationMs - ROOM_MS ||
      this.#moments.length >= scriptLimits.points - 1;
    const part = long ? this.end(nowMs) : undefined;
    if (this.#moments.length > 0) this.#add(state, nowMs);
    else {
      this.#beganMs = nowMs;
      this.#moments = [momentOf(state, 0)];
    }
    return part;
  }

  /** It is at rest from now on. @returns what was played; undefined when nothing was. */
  end(nowMs: number): PadPlayed | undefined {
    const moments = this.#moments;
    const last = moments.at(-1);
    if (last === undefined) return undefined;
    this.#moments = [];
    this.#skipped = undefined;
    // A gamepad that was silent for longer was brought to rest by the farm.
    const durationMs = Math.max(
      last.atMs + 1,
      Math.min(scriptLimits.durationMs, Math.round(nowMs - this.#beganMs)),
    );
    return {
      beganMs: this.#beganMs,
      endMs: this.#beganMs + durationMs,
      play: { moments, durationMs, repeat: 0 },
    };
  }

  #add(state: PadState, nowMs: number): void {
    const last = this.#moments.at(-1);
    if (last === undefined) return;
    const atMs = Math.round(nowMs - this.#beganMs);
    const pressed = state.buttons !== last.buttons;
    if (!pressed && atMs - last.atMs < MOMENT_MS) return void (this.#skipped = state);
    // Where the sticks were as the button was pressed is not where they were a while before.
    if (pressed && this.#skipped !== undefined && atMs - last.atMs > 1)
      this.#moments.push(momentOf(this.#skipped, atMs - 1));
    this.#skipped = undefined;
    const moment = momentOf(state, Math.max(atMs, (this.#moments.at(-1)?.atMs ?? 0) + 1));
    if (!same(moment, last)) this.#moments.push(moment);
  }
}

function momentOf(state: PadState, atMs: number): PadMoment {
  const share = (value: number): number => Math.round((value / AXIS) * 1_000) / 1_000 + 0;
  return {
    atMs,
    leftX: share(state.leftX),
    leftY: share(state.leftY),
    rightX: share(state.rightX),
    rightY: share(state.rightY),
    leftTrigger: share(state.leftTrigger),
    rightTrigger: share(state.rightTrigger),
    buttons: state.buttons,
  };
}

function same(a: PadMoment, b: PadMoment): boolean {
  return (Object.keys(a) as (keyof PadMoment)[]).every((part) => part === 'atMs' || a[part] === b[part]);
}

function atRest(state: PadState): boolean {
  return Object.entries(state).every(([part, value]) => part === 'sequence' || value === 0);
}
