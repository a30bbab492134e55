import type { TouchOrder } from '@ancloud/kit/input-translation';

/**
 * The order of one viewer's touches. Moves travel unordered and lossy, downs and ups in order: a touch older than the
 * newest seen is void, since the newer one named all fingers. Also knows whether fingers are down, for the silence rule.
 */
export class TouchSequence {
  #gesture = 0;
  #sequence = 0;
  #started = false;
  fingersDown = 0;

  /** False = stale, drop it. */
  accept(touch: TouchOrder): boolean {
    if (this.#started) {
      // u32 that wraps: the nearer way round decides which is newer (RFC 1982's rule for serial numbers).
      const gesture = (touch.gesture - this.#gesture) | 0;
      if (gesture < 0 || (gesture === 0 && ((touch.sequence - this.#sequence) | 0) <= 0)) return false;
    }
    this.#started = true;
    this.#gesture = touch.gesture;
    this.#sequence = touch.sequence;
    this.fingersDown = touch.fingersDown;
    return true;
  }
}
