import { describe, expect, it } from 'vitest';
import { PresentViewers } from './present-viewers.js';

describe('the viewers that are here', () => {
  it('come and go once, however many tell', () => {
    const here = new PresentViewers();
    expect([here.came('a', 'control', 'c1'), here.came('a', 'control', 'c1')]).toEqual([true, false]);
    expect([here.went('a', 'c1'), here.came('a', 'control', 'c1')]).toEqual([true, true]);
  });

  it('stay when a connection ends that they have come back from', () => {
    const here = new PresentViewers();
    here.came('a', 'control', 'c1');
    here.came('b', 'watch', 'c9');
    expect(here.came('a', 'owner', 'c2')).toBe(true);
    expect(here.went('a', 'c1')).toBe(false);
    expect([here.came('a', 'owner', 'c2'), here.roleOf('a'), here.roleOf('b')]).toEqual([
      false,
      'owner',
      'watch',
    ]);
    expect([here.went('a', 'c2'), here.went('b', 'c9'), here.roleOf('a')]).toEqual([true, true, undefined]);
  });

  it('go by whatever connection when nobody has told of one, and when they are forgotten', () => {
    const here = new PresentViewers();
    expect(here.went('a', 'c1')).toBe(true);
    here.spoke('a', 'control');
    expect([here.roleOf('a'), here.came('a', 'control', 'c1')]).toEqual(['control', true]);
    here.spoke('a', 'watch');
    expect(here.roleOf('a')).toBe('control');
    here.forget('a');
    expect(here.went('a', 'c9')).toBe(true);
  });
});
