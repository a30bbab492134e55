import { expect, it } from 'vitest';
import { KeyboardLook } from './keyboard-look.js';

it('looks once for all who ask before it looks, and rests before it looks again', async () => {
  const answers = [true, false];
  let looks = 0;
  let rested = Promise.withResolvers<void>();
  const look = new KeyboardLook(
    () => Promise.resolve(answers[looks++]),
    () => rested.promise,
  );
  expect(await Promise.all([look.ask(), look.ask(), look.ask()])).toEqual([true, true, true]);
  expect(looks).toBe(1);
  const later = [look.ask(), look.ask()];
  expect(looks).toBe(1);
  rested.resolve();
  expect(await Promise.all(later)).toEqual([false, false]);
  expect(looks).toBe(2);
});

it('tells each who asked what went wrong, and looks again', async () => {
  let looks = 0;
  const look = new KeyboardLook(
    () => (++looks === 1 ? Promise.reject(new Error('no phone')) : Promise.resolve(true)),
    () => Promise.resolve(),
  );
  await expect(look.ask()).rejects.toThrow('no phone');
  expect(await look.ask()).toBe(true);
});
