import { describe, expect, it } from 'vitest';
import { due, noWishes, WISH_GAP_MS, wish } from './key-frame-wish.js';

describe('wish', () => {
  it.each([
    ['join', 1_050],
    ['loss', 2_000],
  ] as const)('passes the first %s on and merges a hundred more into one delayed', (reason, at) => {
    const gap = WISH_GAP_MS[reason];
    let state = noWishes;
    let sent = 0;
    let again: number | undefined;
    for (let i = 0; i < 101; i++) {
      const decision = wish(state, 1000 + i / 10, gap);
      state = decision.state;
      if (decision.send) sent += 1;
      if (decision.again !== undefined) again = decision.again;
    }
    expect(sent).toBe(1);
    expect(again).toBeCloseTo(gap - 0.1, 1);
    const later = due(state, at);
    expect(later.send).toBe(true);
    expect(due(later.state, at + 1).send).toBe(false);
  });

  it('passes one on when the gap is over', () => {
    const first = wish(noWishes, 0, 50);
    expect(wish(first.state, 50, 50).send).toBe(true);
  });

  it('a delayed one counts as the last: the next waits for its own turn', () => {
    const second = wish(wish(noWishes, 0, 50).state, 10, 50);
    const later = due(second.state, 55);
    expect(wish(later.state, 60, 50)).toMatchObject({ send: false, again: 45 });
  });
});
