import { describe, expect, it } from 'vitest';
import { defaultWishLimits, due, noWishes, wish } from './key-frame-wish.js';

describe('wish', () => {
  it('passes the first join on and merges a hundred more into one delayed', () => {
    let state = noWishes;
    let sent = 0;
    let again: number | undefined;
    for (let i = 0; i < 101; i++) {
      const decision = wish(state, 'join', 1000 + i / 10);
      state = decision.state;
      if (decision.send) sent += 1;
      if (decision.again !== undefined) again = decision.again;
    }
    expect(sent).toBe(1);
    expect(again).toBeCloseTo(49.9, 1);
    const later = due(state, 1050);
    expect(later.send).toBe(true);
    expect(due(later.state, 1051).send).toBe(false);
  });

  it('passes one loss in ten seconds, however many come', () => {
    let state = noWishes;
    const sentAt: number[] = [];
    for (let now = 0; now <= 30_000; now += 200) {
      const decision = wish(state, 'loss', now);
      state = decision.state;
      if (decision.send) sentAt.push(now);
    }
    expect(sentAt).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it('keeps joins and losses apart', () => {
    const loss = wish(noWishes, 'loss', 5);
    expect(wish(loss.state, 'join', 6).send).toBe(true);
  });

  it('sends again once the limit is over', () => {
    const first = wish(noWishes, 'join', 0);
    expect(wish(first.state, 'join', defaultWishLimits.joinMs).send).toBe(true);
  });
});
