import { describe, expect, it } from 'vitest';
import { seesColor, seesText } from './seen.js';

describe('seesColor', () => {
  it.each([
    ['the very colour', [0x12, 0x34, 0x56], 0, true],
    ['a colour within the tolerance, both ways', [0x10, 0x36, 0x56], 2, true],
    ['one channel beyond it', [0x12, 0x34, 0x59], 2, false],
    ['black, which is far from it', [0, 0, 0], 16, false],
  ])('%s', (_, rgb, tolerance, yes) => {
    const pixels = { width: 1, height: 1, rgb: Uint8Array.from(rgb) };
    const wanted = { at: { x: 0, y: 0 }, rgb: 0x12_34_56, tolerance };
    const hex = rgb.map((one) => one.toString(16).padStart(2, '0')).join('');
    expect(seesColor(pixels, wanted)).toEqual({ yes, saw: `the pixel is #${hex}` });
  });
});

describe('seesText', () => {
  it.each([
    ['part of a line, whatever its case and gaps', 'Welcome\n  BACK, Ann', 'back,ann', true],
    ['the full-width form of a letter', 'Ａｎｎ', 'ann', true],
    ['another word', 'Welcome', 'Goodbye', false],
    ['nothing', ' \n', 'x', false],
  ])('%s', (_, read, text, yes) => expect(seesText(read, { region: undefined, text }).yes).toBe(yes));

  it('says what was read', () => {
    expect(seesText('Log\nin', { region: undefined, text: 'x' }).saw).toBe("'Log in' was read there");
    expect(seesText('\n', { region: undefined, text: 'x' }).saw).toBe('no text was read there');
  });
});
