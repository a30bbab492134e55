import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { type ClientPool, type Clock, type GrpcClient, isAppError, retry } from '@ancloud/kit';
import type { FarmFacts } from '../farm/farm-facts.js';

/** A media-svc that was killed is being started: as long is waited for its answer, in all about 5 s. */
const PATIENCE = { tries: 12, minMs: 100, maxMs: 600 } as const;

/** What asking them leans on. */
export interface MediaAsking {
  readonly facts: Pick<FarmFacts, 'medias'>;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
  readonly clock: Clock;
}

/** Something, and the address of the media-svc that has it. */
export interface Placed<T> {
  readonly what: T;
  readonly address: string;
}

/**
 * What all media-svcs of the farm have. One that is not in the farm is not asked: what it has comes back with it. Errors: UNAVAILABLE when one
 * does not answer, rather than half an answer.
 */
export async function askMedias<T>(
  { facts, medias, clock }: MediaAsking,
  ask: (media: GrpcClient<typeof MediaServiceClient.service>) => Promise<readonly T[]>,
): Promise<Placed<T>[]> {
  const there = await facts.medias();
  const answers = await Promise.all(
    there.map(async ({ mediaAddress: address }) => {
      const all = await retry(() => ask(medias.get(address)), {
        ...PATIENCE,
        clock,
        retryable: (error) => isAppError(error) && error.code === 'UNAVAILABLE',
      });
      return all.map((what) => ({ what, address }));
    }),
  );
  return answers.flat();
}
