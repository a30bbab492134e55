/** When the phone is asked after a finger went up, ms: an app shows its keyboard within a moment, a busy phone later. */
const ASKS_MS = [250, 1_000] as const;

export interface SoftKeyboardOptions {
  /** Whether the phone's own keyboard is on its screen; null when it does not say. */
  readonly ask: () => Promise<boolean | null>;
  /** Brings up the keyboard of the viewer's device. */
  readonly open: () => void;
  readonly close: () => void;
}

/**
 * The keyboard of a viewer's device without a real one: up when a tap brought up the phone's, gone when a tap sent that away. Only a tap of
 * this viewer's has it ask. What the viewer opened by its button stays until the viewer closes it. Browsers that show a keyboard only
 * within a touch (Safari) leave it to the button.
 */
export class SoftKeyboard {
  readonly #options: SoftKeyboardOptions;
  #timers: ReturnType<typeof setTimeout>[] = [];
  /** Ours: the phone's keyboard had it opened. */
  #opened = false;

  constructor(options: SoftKeyboardOptions) {
    this.#options = options;
  }

  /** A finger that touched the phone went up. */
  lifted(): void {
    this.cancel();
    this.#timers = ASKS_MS.map((ms) => setTimeout(() => void this.#look(), ms));
  }

  /** Nothing is asked any more: the phone or the page was left. */
  cancel(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }

  /** The viewer's keyboard lost the phone, by whatever. */
  blurred(): void {
    this.#opened = false;
  }

  async #look(): Promise<void> {
    const timers = this.#timers;
    // Who cannot be asked has shown nothing: a farm of another version, a connection that is being made anew.
    const shown = await this.#options.ask().catch(() => null);
    // A newer touch has asked since.
    if (timers !== this.#timers || timers.length === 0) return;
    if (shown === true) {
      this.#opened = true;
      this.#options.open();
    } else if (shown === false && this.#opened) this.#options.close();
  }
}
