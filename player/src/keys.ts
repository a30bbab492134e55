/** Backspace. */
export const KEYCODE_DEL = 67;
const KEYCODE_0 = 7;
const KEYCODE_A = 29;

/**
 * KeyboardEvent.code → Android key code (android.view.KeyEvent). Physical keys that Android handles as keys; everything
 * that produces text is sent as text, so that layouts and input methods of the viewer's side count. F5, F11 and F12 stay
 * the browser's (reload, full screen, tools).
 */
export const CODES: Readonly<Record<string, number>> = {
  ArrowUp: 19,
  ArrowDown: 20,
  ArrowLeft: 21,
  ArrowRight: 22,
  Tab: 61,
  Enter: 66,
  NumpadEnter: 160,
  Backspace: KEYCODE_DEL,
  Delete: 112,
  Escape: 111,
  Home: 122,
  End: 123,
  PageUp: 92,
  PageDown: 93,
  Insert: 124,
  ContextMenu: 82,
  F1: 131,
  F2: 132,
  F3: 133,
  F4: 134,
  F6: 136,
  F7: 137,
  F8: 138,
  F9: 139,
  F10: 140,
  AudioVolumeUp: 24,
  AudioVolumeDown: 25,
  AudioVolumeMute: 164,
  MediaPlayPause: 85,
  MediaStop: 86,
  MediaTrackNext: 87,
  MediaTrackPrevious: 88,
};

// android.view.KeyEvent.META_*
export const SHIFT_ON = 0x1;
export const ALT_ON = 0x2;
export const CTRL_ON = 0x1000;
export const META_ON = 0x1_0000;
const CAPS_LOCK_ON = 0x10_0000;
const NUM_LOCK_ON = 0x20_0000;
const SCROLL_LOCK_ON = 0x40_0000;

export interface KeyLike {
  readonly code: string;
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  /** KeyboardEvent's: whether a lock, or AltGr, is on. */
  readonly getModifierState?: (key: 'CapsLock' | 'NumLock' | 'ScrollLock' | 'AltGraph') => boolean;
}

export type KeyMeaning =
  | { readonly kind: 'key'; readonly keycode: number; readonly metastate: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'none' };

/** What a pressed key means for the phone. Ctrl with a letter is a key (shortcuts); a lone character is text. */
export function meaningOf(event: KeyLike): KeyMeaning {
  const shortcut = isShortcut(event);
  const base = baseMeta(event);
  // Apple's Command does what Ctrl does in Android.
  const metastate = shortcut && event.metaKey ? (base & ~META_ON) | CTRL_ON : base;
  if (shortcut) {
    const letter = letterOf(event);
    if (letter !== undefined)
      return { kind: 'key', keycode: KEYCODE_A + letter.charCodeAt(0) - 'a'.charCodeAt(0), metastate };
    const digit = /^Digit(\d)$/.exec(event.code)?.[1];
    if (digit !== undefined) return { kind: 'key', keycode: KEYCODE_0 + Number(digit), metastate };
  }
  // Screen keyboards name a key without saying which one it is; so does a keypad without its lock.
  const keycode = CODES[event.code] ?? CODES[event.key];
  if (keycode !== undefined) return { kind: 'key', keycode, metastate };
  // One character, however many UTF-16 units it takes; names of keys (Shift, Dead) are longer words.
  if ([...event.key].length === 1) return { kind: 'text', text: event.key };
  return { kind: 'none' };
}

/** The modifiers and locks that the browser says are on, as Android's meta state. */
export function baseMeta(event: KeyLike): number {
  return (
    (event.shiftKey ? SHIFT_ON : 0) |
    (event.altKey ? ALT_ON : 0) |
    (event.ctrlKey ? CTRL_ON : 0) |
    (event.metaKey ? META_ON : 0) |
    (event.getModifierState?.('CapsLock') === true ? CAPS_LOCK_ON : 0) |
    (event.getModifierState?.('NumLock') === true ? NUM_LOCK_ON : 0) |
    (event.getModifierState?.('ScrollLock') === true ? SCROLL_LOCK_ON : 0)
  );
}

/** Ctrl+V or Command+V in the viewer's layout. */
export function isPaste(event: KeyLike): boolean {
  return isShortcut(event) && letterOf(event) === 'v';
}

/** AltGr is Ctrl and Alt at once: it makes text. */
function isShortcut(event: KeyLike): boolean {
  return (event.ctrlKey || event.metaKey) && !event.altKey;
}

/** The letter of a shortcut: the layout's own where it has Latin letters, else that of the physical key. */
function letterOf(event: KeyLike): string | undefined {
  const named = event.key.toLowerCase();
  return /^[a-z]$/.test(named) ? named : /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
}
