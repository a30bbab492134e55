import { describe, expect, it } from 'vitest';
import { StraightWay } from './straight-way.js';

function way(): { way: StraightWay; taken: number[] } {
  const taken: number[] = [];
  return { way: new StraightWay((bytes) => taken.push(bytes[0] ?? -1)), taken };
}

describe('a straight way', () => {
  it('holds what comes until it begins, then takes it in order, and all that follows at once', () => {
    const { way: one, taken } = way();
    const chunk = Uint8Array.of(1);
    one.message(chunk);
    // The chunk is its connection's: it is used again.
    chunk[0] = 9;
    one.message(Uint8Array.of(2));
    expect(taken).toEqual([]);
    one.begin();
    expect(taken).toEqual([1, 2]);
    one.begin();
    one.message(Uint8Array.of(3));
    expect(taken).toEqual([1, 2, 3]);
  });

  it('does not hold more than 256 messages, and loses none', () => {
    const { way: one, taken } = way();
    for (let i = 0; i < 255; i += 1) one.message(Uint8Array.of(i));
    expect(taken).toEqual([]);
    one.message(Uint8Array.of(255));
    expect(taken).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });
});
