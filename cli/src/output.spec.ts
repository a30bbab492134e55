import { afterEach, describe, expect, it, vi } from 'vitest';
import { Output, table } from './output.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('results that come one by one', () => {
  it.each([
    [true, '{"name":"a\\nb"}\n{}\n'],
    [false, 'a\uFFFDb\n'],
  ])('are a line each, with --json: %s', (json, printed) => {
    let text = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((more) => ((text += more.toString()), true));
    const output = new Output(json);
    output.line({ name: 'a\nb' }, 'a\nb');
    // What says nothing to people has no line for them.
    output.line({}, '');
    expect(text).toBe(printed);
  });
});

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
