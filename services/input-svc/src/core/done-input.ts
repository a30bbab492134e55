import { TouchAction, type ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { GESTURE_MEMORY_MS, shows } from '@ancloud/kit/input-translation';
import type { Size } from '@ancloud/kit/shape';

/**
 * What the holder of a phone's controls did with it, for those who do the same elsewhere or write it down. What was touched on a picture of
 * another shape than the phone's is done by nobody: the phone's session drops it, and its gesture with it. They have pictures of their
 * own, so the size of this one is not passed on.
 */
export class DoneInput {
  /** Of the last touch. */
  #gesture: number | undefined;
  #atMs = 0;
  /** Gesture that is dropped. */
  #void: number | undefined;

  /**
   * Hot. Makes of `message` what was done: a touch that is dropped ends its gesture.
   * @param now the phone's picture.
   * @param atMs monotonic.
   * @returns false when nothing was.
   */
  take({ input }: ViewerInput, now: Size, atMs: number): boolean {
    if (input?.$case !== 'touch' && input?.$case !== 'scroll') return true;
    const shown = shows(input.value, now);
    input.value.width = 0;
    input.value.height = 0;
    if (input.$case === 'scroll') return shown;
    const touch = input.value;
    if (touch.action === TouchAction.TOUCH_ACTION_HOVER) return shown;
    // As the phone's session, which takes the number for a new gesture's then, and puts its fingers down.
    if (atMs - this.#atMs >= GESTURE_MEMORY_MS) this.#void = undefined;
    this.#atMs = atMs;
    // What lifts is no place.
    if (touch.action === TouchAction.TOUCH_ACTION_CANCEL || touch.fingers.length === 0) return true;
    if (touch.gesture === this.#void) return false;
    this.#gesture = touch.gesture;
    if (shown) return true;
    this.#void = touch.gesture;
    touch.action = TouchAction.TOUCH_ACTION_CANCEL;
    touch.fingers = [];
    return true;
  }

  /** What was down was lifted: the phone's session takes no more of that gesture. */
  lifted(): void {
    this.#void = this.#gesture;
  }

  /** Gesture numbers are another holder's from now on. */
  forget(): void {
    this.#gesture = undefined;
    this.#void = undefined;
  }
}
