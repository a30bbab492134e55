import { ALT_ON, baseMeta, CODES, CTRL_ON, type KeyLike, META_ON, SHIFT_ON } from './keys.js';

/** Keys that stand in Android’s numbers as here, from `first` on. */
const row = (prefix: string, keys: string, first: number): [string, number][] =>
  [...keys].map((key, index) => [`${prefix}${key}`, first + index]);

/**
 * KeyboardEvent.code → Android key code, as Android's own layout of PC keyboards has it (AOSP frameworks/base:
 * core/java/android/view/KeyEvent.java for the numbers, data/keyboards/Generic.kl for which key is which). By the place of the key:
 * what is printed on it is up to the phone, whose keyboard is American.
 */
export const physicalKeys: Readonly<Record<string, number>> = {
  ...CODES,
  ...Object.fromEntries([
    ...row('Digit', '0123456789', 7),
    ...row('Key', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 29),
    ...row('Numpad', '0123456789', 144),
  ]),
  Comma: 55,
  Period: 56,
  AltLeft: 57,
  AltRight: 58,
  ShiftLeft: 59,
  ShiftRight: 60,
  Space: 62,
  Backquote: 68,
  Minus: 69,
  Equal: 70,
  BracketLeft: 71,
  BracketRight: 72,
  Backslash: 73,
  // Between left Shift and Z; Generic.kl has both as BACKSLASH.
  IntlBackslash: 73,
  Semicolon: 74,
  Quote: 75,
  Slash: 76,
  ControlLeft: 113,
  ControlRight: 114,
  CapsLock: 115,
  ScrollLock: 116,
  MetaLeft: 117,
  MetaRight: 118,
  Pause: 121,
  NumLock: 143,
  NumpadDivide: 154,
  NumpadMultiply: 155,
  NumpadSubtract: 156,
  NumpadAdd: 157,
  NumpadDecimal: 158,
  NumpadComma: 159,
  NumpadEqual: 161,
  NumpadParenLeft: 162,
  NumpadParenRight: 163,
  NonConvert: 213,
  Convert: 214,
  KanaMode: 215,
  IntlYen: 216,
  IntlRo: 217,
};

/** Modifiers: code → the bit of any side, and the bit of this side (KeyEvent.META_*_LEFT_ON and META_*_RIGHT_ON). */
const SIDES: Readonly<Record<string, readonly [number, number]>> = {
  ShiftLeft: [SHIFT_ON, 0x40],
  ShiftRight: [SHIFT_ON, 0x80],
  AltLeft: [ALT_ON, 0x10],
  AltRight: [ALT_ON, 0x20],
  ControlLeft: [CTRL_ON, 0x2000],
  ControlRight: [CTRL_ON, 0x4000],
  MetaLeft: [META_ON, 0x2_0000],
  MetaRight: [META_ON, 0x4_0000],
};

export function isModifier(code: string): boolean {
  return code in SIDES;
}

/**
 * The meta state of Android that goes with an event of a physical keyboard. The browser says which modifiers are on, `isDown` by which
 * keys: a side is named only where it was seen to be pressed. AltGr is Alt's right side, as on a keyboard of the phone's own;
 * Windows, which makes it of Ctrl and Alt, has no say.
 */
export function physicalMeta(event: KeyLike, isDown: (code: string) => boolean): number {
  const altGraph = isAltGraph(event);
  const base = altGraph ? (baseMeta(event) & ~CTRL_ON) | ALT_ON : baseMeta(event);
  let meta = base;
  for (const [code, [any, side]] of Object.entries(SIDES))
    if ((base & any) !== 0 && isDown(code)) meta |= side;
  return meta;
}

export function isAltGraph(event: KeyLike): boolean {
  return event.getModifierState?.('AltGraph') === true;
}
