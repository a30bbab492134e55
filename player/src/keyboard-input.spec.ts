import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyboardInput } from './keyboard-input.js';

/** What of a text field the keyboard has to do with. */
class Field extends EventTarget {
  value = '';
  disabled = false;
  setSelectionRange(): void {}
  setAttribute(): void {}
}

interface Key {
  readonly code: string;
  readonly key?: string;
  readonly keyCode?: number;
  readonly shiftKey?: boolean;
  readonly ctrlKey?: boolean;
  readonly altKey?: boolean;
  readonly metaKey?: boolean;
  readonly repeat?: boolean;
  readonly isComposing?: boolean;
  readonly altGraph?: boolean;
}

let field: Field;
let said: string[];
let keyboard: KeyboardInput;

/** Answers whether the page keeps the browser from doing anything by it. */
function event(type: 'keydown' | 'keyup', { altGraph = false, ...key }: Key): boolean {
  const made = Object.assign(new Event(type, { cancelable: true }), {
    key: key.code.replace(/^Key|Left$|Right$/g, ''),
    keyCode: 0,
    shiftKey: false,
    ctrlKey: false,
    altKey: false,
    metaKey: false,
    repeat: false,
    isComposing: false,
    getModifierState: (name: string) => altGraph && name === 'AltGraph',
    ...key,
  });
  field.dispatchEvent(made);
  return made.defaultPrevented;
}
const down = (key: Key): boolean => event('keydown', key);
const up = (key: Key): boolean => event('keyup', key);
function types(value: string): void {
  field.value += value;
  field.dispatchEvent(Object.assign(new Event('input'), { isComposing: false }));
}

beforeEach(() => {
  vi.stubGlobal('navigator', { platform: 'Linux x86_64' });
  field = new Field();
  said = [];
  keyboard = new KeyboardInput({
    field: field as unknown as HTMLTextAreaElement,
    key: ({ down: is, keycode, repeat, metastate }) =>
      said.push(
        `${is ? 'down' : 'up'} ${keycode}${repeat > 0 ? ` ×${repeat}` : ''} ${metastate.toString(16)}`,
      ),
    text: (text) => said.push(`text ${text}`),
    paste: (text) => said.push(`paste ${text}`),
  });
});

describe('by text', () => {
  it('leaves a letter to the field, and sends a key with its repeats until it is up', () => {
    expect(down({ code: 'KeyW', key: 'w' })).toBe(false);
    types('w');
    for (const repeat of [false, true, true]) expect(down({ code: 'ArrowUp', repeat })).toBe(true);
    up({ code: 'ArrowUp' });
    expect(said).toEqual(['text w', 'down 19 0', 'down 19 ×1 0', 'down 19 ×2 0', 'up 19 0']);
  });

  it('takes what an input method composes once, when it is whole', () => {
    for (const under of ['n', 'ni', '你']) {
      field.value = under;
      field.dispatchEvent(Object.assign(new Event('input'), { isComposing: true }));
    }
    expect([field.value, said]).toEqual(['你', []]);
    field.dispatchEvent(new Event('compositionend'));
    expect(said).toEqual(['text 你']);
    // What another browser tells behind it is nothing new.
    types('');
    expect(said).toEqual(['text 你']);
  });

  it('erases when a screen keyboard has emptied the field, which makes no key event', () => {
    for (let i = 0; i < 2; i += 1) {
      field.value = '';
      types('');
    }
    types('a');
    expect(said).toEqual(['down 67 0', 'up 67 0', 'down 67 0', 'up 67 0', 'text a']);
  });

  it('lifts what is down when Command is let go: macOS tells of no other release', () => {
    vi.stubGlobal('navigator', { platform: 'MacIntel' });
    down({ code: 'MetaLeft', metaKey: true });
    down({ code: 'KeyA', key: 'a', metaKey: true });
    up({ code: 'MetaLeft' });
    expect(said).toEqual(['down 29 1000', 'up 29 0']);
  });
});

afterEach(() => void vi.unstubAllGlobals());

describe('by physical keys', () => {
  beforeEach(() => keyboard.mode('physical'));

  it('keeps what is held when Meta is tapped', () => {
    down({ code: 'KeyW' });
    down({ code: 'MetaLeft', metaKey: true });
    up({ code: 'MetaLeft', key: 'Meta' });
    up({ code: 'KeyW' });
    expect(said).toEqual(['down 51 0', 'down 117 30000', 'up 117 0', 'up 51 0']);
  });

  it('sends a held letter as down, repeats and up, in any layout', () => {
    for (const repeat of [false, true, true]) expect(down({ code: 'KeyW', key: 'ц', repeat })).toBe(true);
    expect(up({ code: 'KeyW', key: 'ц' })).toBe(true);
    expect(said).toEqual(['down 51 0', 'down 51 ×1 0', 'down 51 ×2 0', 'up 51 0']);
  });

  it('sends modifiers as keys, each with its own bits from its down on and until its up', () => {
    down({ code: 'ShiftLeft', shiftKey: true });
    down({ code: 'KeyW', key: 'W', shiftKey: true });
    up({ code: 'ShiftLeft' });
    up({ code: 'KeyW', key: 'w' });
    expect(said).toEqual(['down 59 41', 'down 51 41', 'up 59 0', 'up 51 0']);
  });

  it('has two keys down at once, and lifts both when the phone is left', () => {
    down({ code: 'KeyW' });
    down({ code: 'Space', key: ' ' });
    field.dispatchEvent(new Event('blur'));
    expect(up({ code: 'KeyW' })).toBe(false);
    expect(said).toEqual(['down 51 0', 'down 62 0', 'up 51 0', 'up 62 0']);
  });

  it('lifts what is down when the mode is left', () => {
    down({ code: 'KeyW' });
    keyboard.mode('physical');
    keyboard.mode('text');
    expect(said).toEqual(['down 51 0', 'up 51 0']);
    expect(down({ code: 'KeyW', key: 'w' })).toBe(false);
  });

  it('leaves to the field what an input method or a screen keyboard makes', () => {
    expect(down({ code: 'KeyN', keyCode: 229 })).toBe(false);
    expect(down({ code: 'KeyN', isComposing: true })).toBe(false);
    expect(down({ code: '', key: 'Unidentified', keyCode: 229 })).toBe(false);
    expect(down({ code: '', key: 'a' })).toBe(false);
    types('你a');
    expect(said).toEqual(['text 你a']);
  });

  it('leaves reload, full screen and tools to the browser', () => {
    for (const code of ['F5', 'F11', 'F12']) expect(down({ code })).toBe(false);
    expect(said).toEqual([]);
  });

  it('is left by Shift and Tab, and by Escape and then Tab; Tab alone is the phone’s', () => {
    expect(down({ code: 'Tab' })).toBe(true);
    expect(down({ code: 'Tab', shiftKey: true })).toBe(false);
    expect(down({ code: 'Escape' })).toBe(true);
    expect(down({ code: 'Tab' })).toBe(false);
    expect(said).toEqual(['down 61 0', 'down 111 0']);
  });

  it('pastes by Ctrl and V; a V that is held already stays a key', () => {
    down({ code: 'ControlLeft', key: 'Control', ctrlKey: true });
    expect(down({ code: 'KeyV', key: 'v', ctrlKey: true })).toBe(false);
    field.dispatchEvent(
      Object.assign(new Event('paste', { cancelable: true }), { clipboardData: { getData: () => 'word' } }),
    );
    up({ code: 'KeyV', key: 'v', ctrlKey: true });
    up({ code: 'ControlLeft', key: 'Control' });
    down({ code: 'KeyV', key: 'v' });
    down({ code: 'ControlLeft', key: 'Control', ctrlKey: true });
    expect(down({ code: 'KeyV', key: 'v', ctrlKey: true, repeat: true })).toBe(true);
    expect(said).toEqual([
      'down 113 3000',
      'paste word',
      'up 113 0',
      'down 50 0',
      'down 113 3000',
      'down 50 ×1 3000',
    ]);
  });

  it('takes AltGr for the right Alt, without the Ctrl that Windows presses with it', () => {
    down({ code: 'ControlLeft', key: 'Control', ctrlKey: true });
    down({ code: 'AltRight', key: 'AltGraph', altGraph: true });
    down({ code: 'ControlLeft', key: 'Control', altGraph: true, repeat: true });
    down({ code: 'AltRight', key: 'AltGraph', altGraph: true, repeat: true });
    down({ code: 'KeyQ', key: '@', altGraph: true });
    up({ code: 'KeyQ', key: '@', altGraph: true });
    up({ code: 'ControlLeft', key: 'Control' });
    up({ code: 'AltRight', key: 'AltGraph' });
    expect(said).toEqual([
      'down 113 3000',
      'up 113 0',
      'down 58 22',
      'down 58 ×1 22',
      'down 45 22',
      'up 45 22',
      'up 58 0',
    ]);
  });

  it('presses Caps Lock at once: macOS tells of its release when it is taken off', () => {
    down({ code: 'CapsLock' });
    down({ code: 'CapsLock', repeat: true });
    up({ code: 'CapsLock' });
    expect(said).toEqual(['down 115 0', 'up 115 0']);
  });
});
