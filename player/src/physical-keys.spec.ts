import { describe, expect, it } from 'vitest';
import type { KeyLike } from './keys.js';
import { physicalKeys, physicalMeta } from './physical-keys.js';

// AOSP frameworks/base, core/java/android/view/KeyEvent.java: each line is a KEYCODE_ and its number there.
const ANDROID: Readonly<Record<string, readonly [string, number]>> = {
  Digit0: ['0', 7],
  Digit1: ['1', 8],
  Digit9: ['9', 16],
  ArrowUp: ['DPAD_UP', 19],
  ArrowDown: ['DPAD_DOWN', 20],
  ArrowLeft: ['DPAD_LEFT', 21],
  ArrowRight: ['DPAD_RIGHT', 22],
  KeyA: ['A', 29],
  KeyD: ['D', 32],
  KeyS: ['S', 47],
  KeyW: ['W', 51],
  KeyZ: ['Z', 54],
  Comma: ['COMMA', 55],
  Period: ['PERIOD', 56],
  AltLeft: ['ALT_LEFT', 57],
  AltRight: ['ALT_RIGHT', 58],
  ShiftLeft: ['SHIFT_LEFT', 59],
  ShiftRight: ['SHIFT_RIGHT', 60],
  Tab: ['TAB', 61],
  Space: ['SPACE', 62],
  Enter: ['ENTER', 66],
  Backspace: ['DEL', 67],
  Backquote: ['GRAVE', 68],
  Minus: ['MINUS', 69],
  Equal: ['EQUALS', 70],
  BracketLeft: ['LEFT_BRACKET', 71],
  BracketRight: ['RIGHT_BRACKET', 72],
  Backslash: ['BACKSLASH', 73],
  IntlBackslash: ['BACKSLASH', 73],
  Semicolon: ['SEMICOLON', 74],
  Quote: ['APOSTROPHE', 75],
  Slash: ['SLASH', 76],
  ContextMenu: ['MENU', 82],
  PageUp: ['PAGE_UP', 92],
  PageDown: ['PAGE_DOWN', 93],
  Escape: ['ESCAPE', 111],
  Delete: ['FORWARD_DEL', 112],
  ControlLeft: ['CTRL_LEFT', 113],
  ControlRight: ['CTRL_RIGHT', 114],
  CapsLock: ['CAPS_LOCK', 115],
  ScrollLock: ['SCROLL_LOCK', 116],
  MetaLeft: ['META_LEFT', 117],
  MetaRight: ['META_RIGHT', 118],
  Pause: ['BREAK', 121],
  Home: ['MOVE_HOME', 122],
  End: ['MOVE_END', 123],
  Insert: ['INSERT', 124],
  F1: ['F1', 131],
  F10: ['F10', 140],
  NumLock: ['NUM_LOCK', 143],
  Numpad0: ['NUMPAD_0', 144],
  Numpad9: ['NUMPAD_9', 153],
  NumpadDivide: ['NUMPAD_DIVIDE', 154],
  NumpadMultiply: ['NUMPAD_MULTIPLY', 155],
  NumpadSubtract: ['NUMPAD_SUBTRACT', 156],
  NumpadAdd: ['NUMPAD_ADD', 157],
  NumpadDecimal: ['NUMPAD_DOT', 158],
  NumpadComma: ['NUMPAD_COMMA', 159],
  NumpadEnter: ['NUMPAD_ENTER', 160],
  NumpadEqual: ['NUMPAD_EQUALS', 161],
  NumpadParenLeft: ['NUMPAD_LEFT_PAREN', 162],
  NumpadParenRight: ['NUMPAD_RIGHT_PAREN', 163],
  NonConvert: ['MUHENKAN', 213],
  Convert: ['HENKAN', 214],
  KanaMode: ['KATAKANA_HIRAGANA', 215],
  IntlYen: ['YEN', 216],
  IntlRo: ['RO', 217],
};

describe('physicalKeys', () => {
  it.each(Object.entries(ANDROID))('%s is KEYCODE_%j', (code, [, keycode]) =>
    expect(physicalKeys[code]).toBe(keycode),
  );

  it.each(['F5', 'F11', 'F12', 'PrintScreen', '', 'Unidentified'])('has no %j', (code) =>
    expect(physicalKeys[code]).toBeUndefined(),
  );

  it('gives no two keys one number, but for the two that Android takes for one', () => {
    const codes = Object.entries(physicalKeys).filter(([code]) => code !== 'IntlBackslash');
    expect(new Set(codes.map(([, keycode]) => keycode)).size).toBe(codes.length);
  });
});

describe('physicalMeta', () => {
  const none = { code: 'KeyW', key: 'w', shiftKey: false, altKey: false, ctrlKey: false, metaKey: false };
  const graph = { getModifierState: (name: string) => name === 'AltGraph' };
  it.each<[string, Partial<KeyLike>, string[], number]>([
    ['nothing', {}, [], 0],
    ['left Shift is META_SHIFT_ON and META_SHIFT_LEFT_ON', { shiftKey: true }, ['ShiftLeft'], 0x41],
    ['right Shift', { shiftKey: true }, ['ShiftRight'], 0x81],
    ['both', { shiftKey: true }, ['ShiftLeft', 'ShiftRight'], 0xc1],
    ['a Shift that was pressed elsewhere has no side', { shiftKey: true }, [], 0x1],
    ['a Shift whose release was heard by somebody else is none', {}, ['ShiftLeft'], 0],
    ['left Alt', { altKey: true }, ['AltLeft'], 0x12],
    ['right Ctrl', { ctrlKey: true }, ['ControlRight'], 0x5000],
    ['left Ctrl and left Shift', { ctrlKey: true, shiftKey: true }, ['ControlLeft', 'ShiftLeft'], 0x3041],
    ['Command, which is Meta and not Ctrl here', { metaKey: true }, ['MetaLeft'], 0x3_0000],
    ['right Meta', { metaKey: true }, ['MetaRight'], 0x5_0000],
    ['AltGr of Linux, where no flag says so', graph, ['AltRight'], 0x22],
    [
      'AltGr of Windows, which is Ctrl and Alt',
      { ...graph, ctrlKey: true, altKey: true },
      ['AltRight'],
      0x22,
    ],
    ['the locks', { getModifierState: (name: string) => name !== 'AltGraph' }, [], 0x70_0000],
  ])('%s', (_, event, down, meta) => {
    expect(physicalMeta({ ...none, ...event }, (code) => down.includes(code))).toBe(meta);
  });
});
