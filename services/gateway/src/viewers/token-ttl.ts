import { z } from 'zod';
import { invalid } from '../errors.js';

/** How long a token of a viewer or a feed may wait for its use, s. */
const range = { min: 10, max: 3_600, preset: 60 } as const;

/** `ttlSeconds` of REST. */
export const ttlField = z
  .int()
  .min(range.min)
  .max(range.max)
  .default(range.preset)
  .describe('How long the token may wait for its single use');

/** `ttl_seconds` of gRPC, where 0 is the default. Errors: INVALID_ARGUMENT. */
export function ttlOf(ttlSeconds: number): number {
  const { min, max, preset } = range;
  const ttl = ttlSeconds === 0 ? preset : ttlSeconds;
  if (!Number.isInteger(ttl) || ttl < min || ttl > max)
    throw invalid(
      'ttlSeconds',
      ttlSeconds,
      `ttlSeconds is outside ${min}-${max}`,
      `leave it out for ${preset}`,
    );
  return ttl;
}
