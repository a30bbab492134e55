import { expect, it } from 'vitest';
import { HostClock } from './host-clock.js';

/** Two hosts' clocks, and a way between them. */
function between(ways: readonly (readonly [there: number, back: number])[]) {
  const world = { ownMs: 1_000, aheadMs: 50_000, host: 'a:1', asked: 0 };
  const clock = new HostClock(
    () => world.host,
    async () => {
      const [there, back] = ways[world.asked++ % ways.length] ?? [0, 0];
      world.ownMs += there;
      const told = world.ownMs + world.aheadMs;
      world.ownMs += back;
      return told;
    },
    () => world.ownMs,
  );
  return { world, clock };
}

it('goes by the quickest of three answers, whose way there and back may differ', async () => {
  const { world, clock } = between([
    [40, 2],
    [1, 3],
    [0, 90],
  ]);
  const told = await clock.now();
  expect(told - world.ownMs).toBe(49_999);
  expect(world.asked).toBe(3);
});

it('asks once for all, again when that is old, and another host when the phone is there', async () => {
  const { world, clock } = between([[1, 1]]);
  await Promise.all([clock.now(), clock.now(), clock.now()]);
  world.ownMs += 9_000;
  expect(await clock.now()).toBe(world.ownMs + 50_000);
  expect(world.asked).toBe(3);
  world.ownMs += 2_000;
  world.aheadMs += 1;
  expect(await clock.now()).toBe(world.ownMs + 50_001);
  expect(world.asked).toBe(6);
  world.host = 'b:1';
  world.aheadMs = -7;
  expect(await clock.now()).toBe(world.ownMs - 7);
});

it('fails while nobody answers, and asks again', async () => {
  let answers = false;
  const clock = new HostClock(
    () => 'a:1',
    async () => {
      if (!answers) throw new Error('gone');
      return 5;
    },
    () => 0,
  );
  await expect(clock.now()).rejects.toThrow('gone');
  answers = true;
  expect(await clock.now()).toBe(5);
});
