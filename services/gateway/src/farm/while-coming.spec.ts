import { AppError } from '@ancloud/kit';
import { ManualClock } from '@ancloud/testkit';
import { describe, expect, it } from 'vitest';
import { whileComing } from './while-coming.js';

const notYet = (): never => {
  throw new AppError('SESSION_NOT_READY', 'not yet');
};

/** Asks until `answer` gives something, and counts; the clock passes 50 ms at a time, for 8 s at most. */
async function ask(answer: (asked: number) => string, coming: () => boolean) {
  const clock = new ManualClock();
  let asked = 0;
  const told: unknown[] = [];
  const done = whileComing(
    clock,
    async () => answer((asked += 1)),
    async () => coming(),
  ).then(
    (value) => told.push(value),
    (error: AppError) => told.push(error.code),
  );
  let ms = 0;
  for (; told.length === 0 && ms < 8_000; ms += 50) await clock.advance(50);
  await done;
  return { said: told[0], asked, ms };
}

describe('whileComing', () => {
  it('asks again until it is there', async () => {
    const { said, asked } = await ask(
      (n) => (n < 4 ? notYet() : 'here'),
      () => true,
    );
    expect({ said, asked }).toEqual({ said: 'here', asked: 4 });
  });

  it('says at once what nobody expects to change, and any other error', async () => {
    expect(await ask(notYet, () => false)).toMatchObject({ said: 'SESSION_NOT_READY', asked: 1 });
    const other = (): never => {
      throw new AppError('PHONE_PAUSED', 'paused');
    };
    expect(await ask(other, () => true)).toMatchObject({ said: 'PHONE_PAUSED', asked: 1 });
  });

  it('gives up after 5 s', async () => {
    const { said, ms } = await ask(notYet, () => true);
    expect(said).toBe('SESSION_NOT_READY');
    expect(ms).toBeGreaterThanOrEqual(5_000);
    expect(ms).toBeLessThan(5_500);
  });
});
