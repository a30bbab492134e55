import type { ControlEvent } from '@ancloud/contracts/input/v1/input';
import { TouchAction } from '@ancloud/contracts/input/v1/viewer';

/** So long after an input an app has mostly turned the phone, if that is what it does. */
const SETTLED_MS = 300;
/** One that had to be started first takes longer. Also how long inputs that follow each other put a reading off. */
const LATE_MS = 1_500;

/**
 * When the display of a phone is read that sends no pictures, which would tell how it is turned. Each reading is a command in the phone, so
 * they are few: one when somebody gets the controls, two after inputs that may have turned it. Pure; monotonic ms.
 */
export class TurnPlan {
  #soonMs: number | undefined;
  #lateMs: number | undefined;
  /** Of the first input since the last reading. */
  #sinceMs: number | undefined;

  /** When to read next; undefined = not until something is done. */
  get nextMs(): number | undefined {
    return this.#soonMs ?? this.#lateMs;
  }

  /** Somebody else has the controls. */
  raised(nowMs: number): void {
    this.#soonMs = nowMs;
  }

  /** An input that may have turned it. Hot. */
  acted(nowMs: number): void {
    this.#sinceMs ??= nowMs;
    this.#soonMs = Math.min(nowMs + SETTLED_MS, this.#sinceMs + LATE_MS);
    this.#lateMs = nowMs + LATE_MS;
  }

  /** A reading begins. */
  began(nowMs: number): void {
    this.#soonMs = undefined;
    this.#sinceMs = undefined;
    if (this.#lateMs !== undefined && this.#lateMs <= nowMs) this.#lateMs = undefined;
  }

  /** Pictures tell, or the phone cannot be asked. */
  forget(): void {
    this.#soonMs = undefined;
    this.#lateMs = undefined;
    this.#sinceMs = undefined;
  }
}

/** Whether an app may turn the phone for it: what ends a gesture, a key, a text, an action, a gamepad's state. Hot. */
export function mayTurn(event: ControlEvent['event']): boolean {
  switch (event?.$case) {
    case 'touch':
      return event.value.fingers.length === 0 || event.value.action === TouchAction.TOUCH_ACTION_CANCEL;
    case 'clipboard':
      return event.value.paste;
    case 'key':
    case 'text':
    case 'action':
    case 'pad':
    case 'liftAll':
      return true;
    default:
      return false;
  }
}
