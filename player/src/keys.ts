/**
 * KeyboardEvent.code → Android key code (android.view.KeyEvent). Physical keys that Android handles as keys; everything
 * that produces text is sent as text, so that layouts and input methods of the viewer's side count.
 */
const CODES: Readonly<Record<string, number>> = {
  ArrowUp: 19,
  ArrowDown: 20,
  ArrowLeft: 21,
  ArrowRight: 22,
  Tab: 61,
  Enter: 66,
  NumpadEnter: 160,
  Backspace: 67,
  Delete: 112,
  Escape: 111,
  Home: 122,
  End: 123,
  PageUp: 92,
  PageDown: 93,
  Insert: 124,
  Space: 62,
  ContextMenu: 82,
  F1: 131,
  F2: 132,
  F3: 133,
  F4: 134,
  F5: 135,
  F6: 136,
  F7: 137,
  F8: 138,
  F9: 139,
  F10: 140,
  F11: 141,
  F12: 142,
  AudioVolumeUp: 24,
  AudioVolumeDown: 25,
  AudioVolumeMute: 164,
  MediaPlayPause: 85,
  MediaStop: 86,
  MediaTrackNext: 87,
  MediaTrackPrevious: 88,
};

const SHIFT_ON = 0x1;
const ALT_ON = 0x2;
const CTRL_ON = 0x1000;
const META_ON = 0x1_0000;

export interface KeyLike {
  readonly code: string;
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

export type KeyMeaning =
  | { readonly kind: 'key'; readonly keycode: number; readonly metastate: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'none' };

/** What a pressed key means for the phone. Ctrl with a letter is a key (shortcuts); a lone character is text. */
export function meaningOf(event: KeyLike): KeyMeaning {
  const metastate =
    (event.shiftKey ? SHIFT_ON : 0) |
    (event.altKey ? ALT_ON : 0) |
    (event.ctrlKey ? CTRL_ON : 0) |
    (event.metaKey ? META_ON : 0);
  const shortcut = (event.ctrlKey || event.metaKey) && !event.altKey;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (shortcut && letter !== undefined)
    return { kind: 'key', keycode: 29 + letter.charCodeAt(0) - 65, metastate };
  const digit = /^Digit(\d)$/.exec(event.code)?.[1];
  if (shortcut && digit !== undefined) return { kind: 'key', keycode: 7 + Number(digit), metastate };
  const keycode = CODES[event.code];
  if (keycode !== undefined && event.code !== 'Space') return { kind: 'key', keycode, metastate };
  // One character, however many UTF-16 units it takes; names of keys (Shift, Dead) are longer words.
  if ([...event.key].length === 1) return { kind: 'text', text: event.key };
  return { kind: 'none' };
}
