/** Keyboard Lock (WICG keyboard-lock), which Chromium has on pages with TLS. */
interface LockableKeyboard {
  lock(): Promise<void>;
  unlock(): void;
}

/**
 * While the phone fills the screen, the keys that the browser and the system else keep for themselves: Ctrl and W, Alt and Tab, Escape, which
 * leaves the full screen then when it is held. Browsers give them to nobody else.
 */
export class KeyboardLock {
  readonly #host: HTMLElement;
  #wanted = false;
  #locked = false;

  constructor(host: HTMLElement) {
    this.#host = host;
    host.addEventListener('fullscreenchange', () => this.#follow());
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
    this.#follow();
  }

  #follow(): void {
    const lock = this.#wanted && document.fullscreenElement === this.#host;
    if (lock === this.#locked) return;
    this.#locked = lock;
    const { keyboard } = navigator as { readonly keyboard?: LockableKeyboard };
    if (lock) keyboard?.lock().catch(() => undefined);
    else keyboard?.unlock();
  }
}
