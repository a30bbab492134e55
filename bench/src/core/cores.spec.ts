import { describe, expect, it } from 'vitest';
import { apart } from './cores.js';

describe('apart', () => {
  it('gives what is measured a core of its own, of those that there are', () => {
    expect(apart([0, 1])).toEqual({ measured: 1, others: [0] });
    expect(apart([2, 3, 7])).toEqual({ measured: 7, others: [2, 3] });
  });

  it('is nothing with one core', () => {
    expect(apart([4])).toBeUndefined();
    expect(apart([])).toBeUndefined();
  });
});
