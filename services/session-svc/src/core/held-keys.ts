import type { KeyInput } from '@ancloud/contracts/input/v1/viewer';
import { KeyAction } from '@ancloud/scrcpy-wire';
import type { InjectKeycode } from '@ancloud/scrcpy-wire';

/** More keys than two hands hold: what comes beyond is typed but not remembered. */
const HELD_MAX = 32;

/**
 * Keys whose DOWN was written and whose UP was not. A viewer that vanishes while it holds Shift must not leave Shift
 * pressed: `release` gives the missing ups.
 */
export class HeldKeys {
  /** Key code → meta state of its DOWN. */
  readonly #down = new Map<number, number>();

  get held(): number {
    return this.#down.size;
  }

  press(input: KeyInput): InjectKeycode {
    if (!input.down) this.#down.delete(input.keycode);
    else if (this.#down.size < HELD_MAX) this.#down.set(input.keycode, input.metastate);
    return {
      kind: 'injectKeycode',
      action: input.down ? KeyAction.Down : KeyAction.Up,
      keycode: input.keycode,
      repeat: input.repeat,
      metaState: input.metastate,
    };
  }

  release(): InjectKeycode[] {
    const ups = [...this.#down.keys()].map((keycode): InjectKeycode => {
      return { kind: 'injectKeycode', action: KeyAction.Up, keycode, repeat: 0, metaState: 0 };
    });
    this.#down.clear();
    return ups;
  }

  /** The control socket is gone, and with it the keys. */
  forget(): void {
    this.#down.clear();
  }
}
