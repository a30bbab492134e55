import { describe, expect, it } from 'vitest';
import { isPaste, meaningOf } from './keys.js';

const key = (code: string, name: string, modifiers: object = {}): Parameters<typeof meaningOf>[0] => ({
  code,
  key: name,
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  ...modifiers,
});

describe('meaningOf', () => {
  it.each([
    ['a letter is text', key('KeyA', 'a'), { kind: 'text', text: 'a' }],
    ['a letter of another layout is its text', key('KeyQ', 'й'), { kind: 'text', text: 'й' }],
    ['an emoji is one character', key('', '😀'), { kind: 'text', text: '😀' }],
    ['space is text', key('Space', ' '), { kind: 'text', text: ' ' }],
    ['Enter is KEYCODE_ENTER', key('Enter', 'Enter'), { kind: 'key', keycode: 66, metastate: 0 }],
    [
      'Ctrl+C is KEYCODE_C with META_CTRL_ON',
      key('KeyC', 'c', { ctrlKey: true }),
      { kind: 'key', keycode: 31, metastate: 0x1000 },
    ],
    [
      'locks are in the meta state: META_CAPS_LOCK_ON and META_NUM_LOCK_ON',
      key('Enter', 'Enter', { getModifierState: (name: string) => name !== 'ScrollLock' }),
      { kind: 'key', keycode: 66, metastate: 0x30_0000 },
    ],
    [
      'Shift+Arrow keeps META_SHIFT_ON',
      key('ArrowLeft', 'ArrowLeft', { shiftKey: true }),
      { kind: 'key', keycode: 21, metastate: 1 },
    ],
    [
      'a shortcut goes by the layout, not by the place of the key',
      key('KeyI', 'c', { ctrlKey: true }),
      { kind: 'key', keycode: 31, metastate: 0x1000 },
    ],
    [
      'a shortcut of a layout without Latin letters goes by the place',
      key('KeyC', 'с', { ctrlKey: true }),
      { kind: 'key', keycode: 31, metastate: 0x1000 },
    ],
    [
      'Command+A is Ctrl+A',
      key('KeyA', 'a', { metaKey: true }),
      { kind: 'key', keycode: 29, metastate: 0x1000 },
    ],
    [
      'Ctrl+1 is KEYCODE_1',
      key('Digit1', '1', { ctrlKey: true }),
      { kind: 'key', keycode: 8, metastate: 0x1000 },
    ],
    ['Enter of a screen keyboard', key('', 'Enter'), { kind: 'key', keycode: 66, metastate: 0 }],
    ['reload stays the browser’s', key('F5', 'F5'), { kind: 'none' }],
    ['AltGr text stays text', key('KeyQ', '@', { ctrlKey: true, altKey: true }), { kind: 'text', text: '@' }],
    ['a modifier alone is nothing', key('ShiftLeft', 'Shift'), { kind: 'none' }],
    ['a dead key is nothing', key('BracketLeft', 'Dead'), { kind: 'none' }],
  ])('%s', (_, event, meaning) => expect(meaningOf(event)).toEqual(meaning));
});

it.each([
  ['Ctrl+V', key('KeyV', 'v', { ctrlKey: true }), true],
  ['Command+V', key('KeyV', 'v', { metaKey: true }), true],
  ['Ctrl+V of Dvorak', key('Period', 'v', { ctrlKey: true }), true],
  ['a plain v', key('KeyV', 'v'), false],
  ['AltGr+V', key('KeyV', 'v', { ctrlKey: true, altKey: true }), false],
])('isPaste: %s', (_, event, paste) => expect(isPaste(event)).toBe(paste));
