import { limits } from '@ancloud/contracts/viewer';
import type { KeyInput } from '@ancloud/contracts/input/v1/viewer';

/** A key's down or up. */
export type KeyStroke = Omit<KeyInput, 'beats'>;

export interface HeldKeysOptions {
  readonly key: (key: KeyInput) => void;
  /** Called each 250 ms while a key is down. */
  readonly beat: () => void;
}

/**
 * The keys that this viewer holds, of its keyboard and its gamepads: while one is down the farm is told that it is meant, and lets it go
 * when that stops. Browsers repeat only the key that was pressed last, and no gamepad's.
 */
export class HeldKeys {
  readonly #options: HeldKeysOptions;
  /** Key code → meta state of its down. */
  readonly #down = new Map<number, number>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: HeldKeysOptions) {
    this.#options = options;
  }

  say(key: KeyStroke): void {
    if (key.down) this.#down.set(key.keycode, key.metastate);
    else this.#down.delete(key.keycode);
    this.#options.key({ ...key, beats: true });
    if (this.#down.size > 0) this.#timer ??= setInterval(this.#options.beat, limits.touchHeartbeatMs);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** The farm let all of them go while it heard nothing. */
  again(): void {
    for (const [keycode, metastate] of this.#down)
      this.#options.key({ down: true, keycode, repeat: 0, metastate, beats: true });
  }
}
