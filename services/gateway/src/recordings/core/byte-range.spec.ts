import { describe, expect, it } from 'vitest';
import { readRange } from './byte-range.js';

describe('readRange', () => {
  it.each<[string | undefined, [number, number] | undefined]>([
    [undefined, undefined],
    ['bytes=0-', [0, 100]],
    ['bytes=0-0', [0, 1]],
    ['bytes=10-19', [10, 10]],
    [' bytes=99-', [99, 1]],
    ['bytes=90-500', [90, 10]],
    ['bytes=-10', [90, 10]],
    ['bytes=-500', [0, 100]],
    // To be ignored.
    ['bytes=20-10', undefined],
    ['bytes=0-1,3-4', undefined],
    ['bytes=-', undefined],
    ['items=0-1', undefined],
    ['bytes=a-b', undefined],
  ])('%s of 100', (header, expected) => {
    const range = readRange(header, 100);
    expect(range === undefined ? undefined : [range.offset, range.length]).toEqual(expected);
  });

  it.each([
    ['bytes=100-', 100],
    ['bytes=100-200', 100],
    ['bytes=-0', 100],
    ['bytes=0-', 0],
    ['bytes=-5', 0],
  ])('%s of %i is beyond it', (header, size) => {
    expect(() => readRange(header, size)).toThrow(expect.objectContaining({ code: 'RANGE_INVALID' }));
  });
});
