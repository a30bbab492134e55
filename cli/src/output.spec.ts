import { describe, expect, it } from 'vitest';
import { table } from './output.js';

describe('table', () => {
  it('aligns its columns', () =>
    expect(
      table(
        ['A', 'B'],
        [
          ['long', 'x'],
          ['s', ''],
        ],
      ),
    ).toBe('A     B\nlong  x\ns'));

  it('lets no cell steer the terminal, nor begin a line', () =>
    expect(table(['NAME'], [['\u001B[2Jgone\r\nph_fake\u009B31m 👩‍👧']])).toBe(
      'NAME\n\uFFFD[2Jgone\uFFFD\uFFFDph_fake\uFFFD31m 👩‍👧',
    ));
});
