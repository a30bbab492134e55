/** A screen that has not changed for so long is still: its next change is the answer to what was touched in between. */
const STILL_MS = 300;
/** A change that comes later than this after a touch is another one's. */
const LATE_MS = 2_000;
/** viewer.ts: a report tells so many at most. */
const KEPT = 16;

/**
 * Touch to photon: from a press to the display of the first frame that changed after it. Only presses on a screen that stood still are
 * measured, since on a moving one nobody can tell which frame is the answer; and an app that answers nothing gives none. Pure; times of
 * one clock in ms.
 */
export class AnswerMeter {
  #shownMs = -Infinity;
  #touchedMs: number | undefined;
  #taken: number[] = [];

  /** A press of this viewer's, which the phone is told. */
  touched(atMs: number): void {
    // The first of several that wait: theirs is the answer.
    if (this.#touchedMs !== undefined && atMs - this.#touchedMs <= LATE_MS) return;
    this.#touchedMs = atMs - this.#shownMs >= STILL_MS ? atMs : undefined;
  }

  /** A frame was displayed. */
  shown(atMs: number): void {
    this.#shownMs = atMs;
    const touchedMs = this.#touchedMs;
    this.#touchedMs = undefined;
    if (touchedMs === undefined || this.#taken.length === KEPT) return;
    const took = atMs - touchedMs;
    if (took > 0 && took <= LATE_MS) this.#taken.push(took);
  }

  /** The picture was taken away: the next frame answers nothing. */
  interrupted(): void {
    this.#touchedMs = undefined;
  }

  /** What was measured since the last call, ms. */
  take(): number[] {
    return this.#taken.splice(0);
  }
}
