import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import type { Audience } from './audience.js';

/** What viewers are told of the phone itself: as they join, and when it changes. */
export class PhoneFacts {
  readonly #audience: Audience;
  #size = { width: 0, height: 0 };
  #gamepad = false;

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  /** 0 when no picture has come yet. */
  get size(): { readonly width: number; readonly height: number } {
    return this.#size;
  }

  /** It has a gamepad, which takes the states of viewers' own. */
  get gamepad(): boolean {
    return this.#gamepad;
  }

  /** The picture's size; 0 is ignored. False: it is the same. */
  resized(width: number, height: number): boolean {
    if (width === 0 || height === 0 || (width === this.#size.width && height === this.#size.height))
      return false;
    this.#size = { width, height };
    for (const viewer of this.#audience.all) viewer.notify('size', this.#size);
    return true;
  }

  /** The phone's session says so; without one what is known stays. */
  session({ gamepad }: Pick<SessionRecord, 'gamepad'>): void {
    if (gamepad === this.#gamepad) return;
    this.#gamepad = gamepad;
    for (const viewer of this.#audience.all) viewer.notify('gamepad', { gamepad });
  }
}
