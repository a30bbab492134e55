import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { updateMacroBody } from '../macros/macro-routes.js';
import { BodyPipe, hasMoreValues, MOST_VALUES } from './body-pipe.js';

describe('BodyPipe', () => {
  const check = (value: unknown, schema: z.ZodType = updateMacroBody): Promise<unknown> =>
    new BodyPipe().transform(value, { type: 'body', schema });
  const gamepad = (moments: unknown): object => ({ steps: [{ gamepad: { moments } }] });
  // So many mistakes that Zod runs out of stack are other ones on each machine.
  const outOfStack = z.object({}).refine(() => {
    throw new RangeError('Maximum call stack size exceeded');
  });
  const bug = z.object({}).refine(() => {
    throw new TypeError('x is not a function');
  });

  it('hands on what is as it should be', async () =>
    expect(await check({ name: 'm' })).toEqual({ name: 'm' }));

  it('names the first mistake by its field', () =>
    expect(check(gamepad([{}, { leftX: 2 }]))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      field: 'steps.0.gamepad.moments.1.leftX',
    }));

  it("takes more mistakes than can be told for the caller's, and a bug for ours", async () => {
    await expect(check({}, outOfStack)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field: 'body' });
    await expect(check({}, bug)).rejects.toThrow(TypeError);
  });

  it('does not look at more than it has time for', () =>
    expect(check(gamepad(Array.from({ length: MOST_VALUES }, () => 0)))).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      field: 'body',
    }));
});

describe('hasMoreValues', () => {
  it.each([
    ['a list in an object', { a: [1, 2], b: null }, 5],
    ['lists in lists', [[[]]], 3],
  ])('counts %s', (_, value, count) => {
    expect(hasMoreValues(value, count)).toBe(false);
    expect(hasMoreValues(value, count - 1)).toBe(true);
  });
});
