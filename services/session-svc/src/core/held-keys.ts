import type { KeyInput } from '@ancloud/contracts/input/v1/viewer';
import { KeyAction } from '@ancloud/scrcpy-wire';
import type { InjectKeycode } from '@ancloud/scrcpy-wire';

/** More keys than two hands hold: the oldest is let go for what comes beyond. */
const HELD_MAX = 32;

/**
 * Keys whose DOWN was written and whose UP was not. A viewer that vanishes while it holds Shift must not leave Shift
 * pressed: `release` gives the missing ups.
 */
export class HeldKeys {
  readonly #down = new Set<number>();

  get held(): number {
    return this.#down.size;
  }

  /** What is written for it, in this order. */
  press({ keycode, down, repeat, metastate }: KeyInput): InjectKeycode[] {
    const action = down ? KeyAction.Down : KeyAction.Up;
    const written: InjectKeycode = { kind: 'injectKeycode', action, keycode, repeat, metaState: metastate };
    if (!down) this.#down.delete(keycode);
    else this.#down.add(keycode);
    const [oldest] = this.#down;
    return this.#down.size <= HELD_MAX || oldest === undefined ? [written] : [this.#up(oldest), written];
  }

  release(): InjectKeycode[] {
    return [...this.#down].map((keycode) => this.#up(keycode));
  }

  /** The control socket is gone, and with it the keys. */
  forget(): void {
    this.#down.clear();
  }

  #up(keycode: number): InjectKeycode {
    this.#down.delete(keycode);
    return { kind: 'injectKeycode', action: KeyAction.Up, keycode, repeat: 0, metaState: 0 };
  }
}
