import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { updateMacroBody } from '../macros/macro-routes.js';
import { BodyPipe } from './body-pipe.js';

describe('BodyPipe', () => {
  const check = (value: unknown, schema: z.ZodType = updateMacroBody): Promise<unknown> =>
    new BodyPipe().transform(value, { type: 'body', schema });

  it('hands on what is as it should be', async () =>
    expect(await check({ name: 'm' })).toEqual({ name: 'm' }));

  it('names the first mistake by its field', () =>
    expect(
      check({ steps: [{ gamepad: { moments: [{}, { leftX: 2 }, { leftY: 2 }] } }] }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      field: 'steps.0.gamepad.moments.1.leftX',
      message: 'steps.0.gamepad.moments.1.leftX: Too big: expected number to be <=1',
    }));

  it('does not tell all the fields that there are not', () =>
    expect(
      check(Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`field${at}`, 0]))),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      field: 'body',
      message: expect.stringMatching(/^body: Unrecognized keys: "field0", .{900,1000}…$/),
    }));
});
