import type { RoleWord } from '@ancloud/contracts/viewer';
import type { KeyStroke } from './held-keys.js';
import { isPaste, KEYCODE_DEL, meaningOf } from './keys.js';
import { isAltGraph, isModifier, physicalKeys, physicalMeta } from './physical-keys.js';

/**
 * Stands in the text field when nothing else does, so that a screen keyboard's erase key has something to erase: of an
 * empty field browsers tell nothing.
 */
const SENTINEL = '\u200B';
/** After Escape, Tab leaves the phone for this long (as in code editors: no keyboard trap, WCAG 2.1.2). */
const LEAVE_MS = 2_000;

const WATCHING = 'Screen of the phone';
const ACTING =
  'Screen of the phone. What you type goes to it. Shift and Tab, or Escape and then Tab, leave it.';

/** `text`: keys that make text are sent as what they make. `physical`: each key is sent as the key that it is. */
export type KeyMode = 'text' | 'physical';

export interface KeyboardInputOptions {
  readonly field: HTMLTextAreaElement;
  readonly key: (key: KeyStroke) => void;
  readonly text: (text: string) => void;
  readonly paste: (text: string) => void;
}

/**
 * The keyboard of the page, its input methods and its clipboard, for the phone. Keys that make text go through the text
 * field, so that layouts, dead keys, input methods and screen keyboards have their say; all others go as Android keys. In the physical
 * mode every key does that has a place on a keyboard: what an input method or a screen keyboard makes is text as before.
 */
export class KeyboardInput {
  readonly #options: KeyboardInputOptions;
  /** DOM code → key code of what the phone believes is down, with its repeats. */
  readonly #down = new Map<string, { readonly keycode: number; repeat: number }>();
  #leaveUntil = 0;
  #mode: KeyMode = 'text';

  constructor(options: KeyboardInputOptions) {
    this.#options = options;
    const { field } = options;
    this.#empty();
    field.addEventListener('keydown', (event) => this.#pressed(event));
    field.addEventListener('keyup', (event) => this.#released(event));
    field.addEventListener('blur', () => this.release());
    field.addEventListener('input', (event) => {
      if (!event.isComposing) this.#take();
    });
    // What an input method composes counts when it is whole.
    field.addEventListener('compositionend', () => this.#take());
    field.addEventListener('paste', (event) => {
      event.preventDefault();
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (text !== '') options.paste(text);
    });
  }

  /** A watcher's keys are the page's: its field is no stop for Tab and takes nothing. */
  role(role: RoleWord): void {
    const { field } = this.#options;
    field.disabled = role === 'watch';
    field.setAttribute('aria-label', role === 'watch' ? WATCHING : ACTING);
  }

  mode(mode: KeyMode): void {
    if (mode !== this.#mode) this.release();
    this.#mode = mode;
  }

  focus(): void {
    this.#options.field.focus({ preventScroll: true });
  }

  /** Lifts every key: the page will not hear of their release. */
  release(): void {
    for (const { keycode } of this.#down.values()) this.#say(false, keycode, 0, 0);
    this.#down.clear();
  }

  #pressed(event: KeyboardEvent): void {
    // An input method is at work: what it makes of the key comes as text.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Tab' && (event.shiftKey || event.timeStamp < this.#leaveUntil)) return;
    this.#leaveUntil = event.key === 'Escape' ? event.timeStamp + LEAVE_MS : 0;
    // The paste event brings the text. A V that is held was no paste when it was pressed.
    if (isPaste(event) && !this.#down.has(nameOf(event))) return;
    const keycode = this.#mode === 'physical' ? physicalKeys[event.code] : undefined;
    if (keycode !== undefined) return this.#pressedPhysical(event, keycode);
    const meaning = meaningOf(event);
    if (meaning.kind !== 'key') return;
    this.#press(event, meaning.keycode, () => meaning.metastate);
  }

  #pressedPhysical(event: KeyboardEvent, keycode: number): void {
    const meta = (): number => physicalMeta(event, (code) => this.#down.has(code));
    if (event.code === 'CapsLock') {
      event.preventDefault();
      if (event.repeat) return;
      // macOS tells of no release until the lock is taken off.
      this.#say(true, keycode, 0, meta());
      this.#say(false, keycode, 0, meta());
      return;
    }
    // Windows presses the left Ctrl with AltGr, and before it: nobody's finger is on it.
    if (event.code === 'ControlLeft' && isAltGraph(event)) return event.preventDefault();
    if (event.key === 'AltGraph') this.#lift('ControlLeft');
    this.#press(event, keycode, meta);
  }

  /** `meta` is asked when the key is down already: a modifier's own event names it. */
  #press(event: KeyboardEvent, keycode: number, meta: () => number): void {
    event.preventDefault();
    const down = this.#down.get(nameOf(event));
    const repeat = down === undefined ? 0 : down.repeat + 1;
    this.#down.set(nameOf(event), { keycode, repeat });
    this.#say(true, keycode, repeat, meta());
  }

  /** By the physical key: what it means may have changed since, when Ctrl was let go first. */
  #released(event: KeyboardEvent): void {
    // macOS tells of no release of what was down with Command.
    if (event.key === 'Meta' && navigator.platform.startsWith('Mac'))
      for (const code of this.#down.keys()) if (!isModifier(code)) this.#lift(code);
    if (!this.#down.has(nameOf(event))) return;
    event.preventDefault();
    const meaning = meaningOf(event);
    this.#lift(nameOf(event), () => {
      if (this.#mode === 'physical') return physicalMeta(event, (code) => this.#down.has(code));
      return meaning.kind === 'key' ? meaning.metastate : 0;
    });
  }

  #lift(name: string, meta: () => number = () => 0): void {
    const down = this.#down.get(name);
    if (down === undefined) return;
    this.#down.delete(name);
    this.#say(false, down.keycode, 0, meta());
  }

  #take(): void {
    const { value } = this.#options.field;
    this.#empty();
    const text = value.replaceAll(SENTINEL, '');
    if (text !== '') this.#options.text(text);
    else if (value === '') {
      this.#say(true, KEYCODE_DEL, 0, 0);
      this.#say(false, KEYCODE_DEL, 0, 0);
    }
  }

  #empty(): void {
    const { field } = this.#options;
    field.value = SENTINEL;
    field.setSelectionRange(SENTINEL.length, SENTINEL.length);
  }

  #say(down: boolean, keycode: number, repeat: number, metastate: number): void {
    this.#options.key({ down, keycode, repeat, metastate });
  }
}

/** Which key of the keyboard it is, whatever it means just now. */
function nameOf(event: KeyboardEvent): string {
  return event.code === '' ? event.key : event.code;
}
