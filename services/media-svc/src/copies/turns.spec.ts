import { expect, it } from 'vitest';
import { Turns } from './turns.js';

it('work of one key goes one after the other, whatever fails; of another it waits for nothing', async () => {
  const turns = new Turns();
  const told: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = turns.take('a', async () => {
    told.push('one begins');
    await first.promise;
  });
  one.catch(() => undefined);
  const two = turns.take('a', () => Promise.resolve(told.push('two')));
  await turns.take('b', () => Promise.resolve(told.push('of another')));
  expect(told).toEqual(['one begins', 'of another']);
  first.reject(new Error('one fails'));
  await expect(one).rejects.toThrow('one fails');
  expect(await two).toBe(3);
  await turns.take('a', () => Promise.resolve(told.push('three')));
  expect(told.slice(2)).toEqual(['two', 'three']);
});
