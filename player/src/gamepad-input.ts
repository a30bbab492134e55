import type { PadState, ScrollInput } from '@ancloud/contracts/input/v1/viewer';
import { padKeys, padScroll, padShape, type PadShape, restingPad, samePad } from './gamepad.js';
import type { KeyStroke } from './held-keys.js';

/** Between two wheel messages of a stick that is held: 20 a second. */
const SCROLL_MS = 50;
const MIDDLE = 32_768;
/** A pad that is held still says so: what was lost heals, and the farm knows that its viewer is there. */
const REPEAT_MS = 250;

export interface GamepadInputOptions {
  readonly key: (key: KeyStroke) => void;
  readonly scroll: (scroll: ScrollInput) => void;
  /** @param lossy only sticks and triggers have moved: the next one heals it. */
  readonly state: (state: PadState, lossy: boolean) => void;
  /** Whether the phone has a gamepad: then it is told states, and no keys. */
  readonly states: () => boolean;
  /** Whether this page's pads are the phone's now: it has the focus and may touch. */
  readonly may: () => boolean;
}

/**
 * The gamepads of the page, for the phone: looked at once a frame while one is connected, since browsers tell of no change. Listens as long
 * as the page lives, or until `close`.
 */
export class GamepadInput {
  readonly #options: GamepadInputOptions;
  readonly #closed = new AbortController();
  #held: ReadonlySet<number> = new Set();
  #scrolledAt = 0;
  #frame = 0;
  /** What the phone's gamepad was told last. */
  #told: PadShape = restingPad;
  #toldAt = 0;
  /** Grows faster than states come, also past another of these in the same page. */
  #sequence = Math.floor(performance.now());

  constructor(options: GamepadInputOptions) {
    this.#options = options;
    const { signal } = this.#closed;
    addEventListener('gamepadconnected', () => this.#look(), { signal });
    addEventListener('gamepaddisconnected', () => this.release(), { signal });
    // A page that is not looked at gets no frames, and would hear of no release.
    addEventListener('blur', () => this.release(), { signal });
    this.#look();
  }

  /** Lifts every key that a pad holds, and lets the phone's own rest. */
  release(): void {
    this.#hold(new Set());
    this.#tell(restingPad, performance.now());
  }

  /** May be called twice. */
  close(): void {
    this.#closed.abort();
    cancelAnimationFrame(this.#frame);
    this.release();
  }

  #look(): void {
    cancelAnimationFrame(this.#frame);
    const [pad] = gamepads().filter((one) => one?.connected);
    if (pad === undefined || pad === null) return;
    this.#frame = requestAnimationFrame(() => this.#look());
    if (!this.#options.may()) return this.release();
    const now = performance.now();
    if (this.#options.states()) {
      this.#hold(new Set());
      return this.#tell(padShape(pad), now);
    }
    this.#tell(restingPad, now);
    this.#hold(padKeys(pad, this.#held));
    const forMs = now - this.#scrolledAt;
    if (forMs < SCROLL_MS) return;
    this.#scrolledAt = now;
    // After a pause it is no longer than one message's time.
    const steps = padScroll(pad, Math.min(forMs, 2 * SCROLL_MS));
    if (steps.horizontal !== 0 || steps.vertical !== 0)
      this.#options.scroll({ x: MIDDLE, y: MIDDLE, ...steps, buttons: 0, width: 0, height: 0 });
  }

  #tell(state: PadShape, now: number): void {
    const before = this.#told;
    const same = samePad(before, state);
    if (same && (samePad(state, restingPad) || now - this.#toldAt < REPEAT_MS)) return;
    this.#told = state;
    this.#toldAt = now;
    this.#sequence = Math.max(this.#sequence + 1, Math.floor(now)) >>> 0;
    // Nothing comes behind the last one that would heal it.
    const lossy = before.buttons === state.buttons && !samePad(state, restingPad);
    this.#options.state({ ...state, sequence: this.#sequence }, lossy);
  }

  #hold(keys: ReadonlySet<number>): void {
    const before = this.#held;
    this.#held = keys;
    for (const keycode of before)
      if (!keys.has(keycode)) this.#options.key({ down: false, keycode, repeat: 0, metastate: 0 });
    for (const keycode of keys)
      if (!before.has(keycode)) this.#options.key({ down: true, keycode, repeat: 0, metastate: 0 });
  }
}

/** None where a page is not given any: browsers may have no such thing but on https, and throw in frames of other pages (Gamepad, section 3). */
export function gamepads(from: Partial<Pick<Navigator, 'getGamepads'>> = navigator): (Gamepad | null)[] {
  try {
    return from.getGamepads?.() ?? [];
  } catch {
    return [];
  }
}
