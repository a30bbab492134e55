import { describe, expect, it } from 'vitest';
import { ManualClock } from './index.js';

describe('ManualClock', () => {
  it('fires timers in order, each at its own time, new ones too', async () => {
    const clock = new ManualClock(5000);
    const fired: [string, number][] = [];
    const note = (name: string) => (): void => void fired.push([name, clock.monotonic()]);
    clock.setTimeout(note('b'), 20);
    clock.setTimeout(note('a'), 10);
    clock.setTimeout(note('b2'), 20);
    clock.setTimeout(() => void clock.setTimeout(note('inner'), 5), 10);
    const never = clock.setTimeout(note('never'), 15);
    never.cancel();
    never.cancel();
    await clock.advance(19);
    expect(fired).toEqual([
      ['a', 10],
      ['inner', 15],
    ]);
    expect(clock.now()).toBe(5019);
    await clock.advance(1);
    expect(fired.slice(2)).toEqual([
      ['b', 20],
      ['b2', 20],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('lets the waiting code make its next timer on the way', async () => {
    const clock = new ManualClock();
    let rounds = 0;
    const loop = async (): Promise<void> => {
      for (; rounds < 3; rounds += 1)
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 10));
    };
    const done = loop();
    await clock.advance(30);
    await done;
    expect(rounds).toBe(3);
  });
});
