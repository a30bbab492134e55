import { describe, expect, it } from 'vitest';
import { hostChanges, isRebuilt } from './recovery.js';

const host = (hostId: string, phones: number, placed: number) => ({ hostId, phones, placed });

describe('isRebuilt', () => {
  it.each<[string, string[], ReturnType<typeof host>[], boolean]>([
    ['a new farm waits for its first host', [], [], false],
    ['a new farm with an empty host', [], [host('a', 0, 0)], true],
    ['a host whose phones are not yet back', [], [host('a', 3, 2)], false],
    ['a host whose phones are back', [], [host('a', 3, 3)], true],
    ['a host that was known is missing', ['a', 'b'], [host('a', 1, 1)], false],
    ['all that were known are there', ['a', 'b'], [host('a', 1, 1), host('b', 0, 0)], true],
    ['phones placed and not yet begun do not hurt', ['a'], [host('a', 1, 2)], true],
  ])('%s', (_, known, live, expected) => expect(isRebuilt(known, live)).toBe(expected));
});

describe('hostChanges', () => {
  it('tells who went and who came', () => {
    expect(hostChanges(new Set(['a', 'b']), new Set(['b', 'c']))).toEqual({ lost: ['a'], returned: ['c'] });
  });
});
