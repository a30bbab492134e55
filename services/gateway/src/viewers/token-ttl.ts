import { z } from 'zod';
import { invalid } from '../errors.js';

interface TtlRange {
  readonly min: number;
  readonly max: number;
  readonly preset: number;
}

/** How long a token may be asked to last, s: `ttlSeconds` of REST and `ttl_seconds` of gRPC. */
function tokenTtl({ min, max, preset }: TtlRange, what: string) {
  return {
    field: z.int().min(min).max(max).default(preset).describe(what),
    /** Of gRPC, where 0 is the default. Errors: INVALID_ARGUMENT. */
    of(ttlSeconds: number): number {
      const ttl = ttlSeconds === 0 ? preset : ttlSeconds;
      if (!Number.isInteger(ttl) || ttl < min || ttl > max)
        throw invalid(
          'ttlSeconds',
          ttlSeconds,
          `ttlSeconds is outside ${min}-${max}`,
          `leave it out for ${preset}`,
        );
      return ttl;
    },
  };
}

/** Of a viewer's. */
export const viewerTtl = tokenTtl(
  { min: 10, max: 3_600, preset: 60 },
  'How long the token may wait for its single use',
);

/** Of a feed's: an encoder keeps it as a stream key, so it may be good for a day. */
export const feedTtl = tokenTtl(
  { min: 10, max: 86_400, preset: 3_600 },
  'How long publishers may come by the token; who has come stays',
);
