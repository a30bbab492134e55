import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { AppError, type ClientPool, type Clock, type GrpcClient, isAppError, retry } from '@ancloud/kit';
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

type Ask<T> = (media: GrpcClient<typeof MediaServiceClient.service>) => Promise<readonly T[]>;

/**
 * What all media-svcs of the farm have. One that is not in the farm is not asked: what it has comes back with it. Errors: UNAVAILABLE when one
 * does not answer, rather than half an answer.
 */
export async function askMedias<T>(asking: MediaAsking, ask: Ask<T>): Promise<Placed<T>[]> {
  const there = await asking.facts.medias();
  const answers = await Promise.all(there.map(({ mediaAddress }) => insist(asking, mediaAddress, ask)));
  return answers.flat();
}

/**
 * The one of all that they have that is looked for, as soon as one of them has said that it has it: whoever does not answer is not waited for then. Undefined when all say that
 * they do not. Errors: UNAVAILABLE when one does not answer and no other one has it.
 */
export async function findAtMedias<T>(
  asking: MediaAsking,
  ask: Ask<T>,
  is: (what: T) => boolean,
): Promise<Placed<T> | undefined> {
  const there = await asking.facts.medias();
  const looks = there.map(async ({ mediaAddress }) => {
    const found = (await insist(asking, mediaAddress, ask)).find(({ what }) => is(what));
    if (found === undefined) throw notHere;
    return found;
  });
  try {
    return await Promise.any(looks);
  } catch (error) {
    const failure = (error as AggregateError).errors.find((one) => one !== notHere) as unknown;
    if (failure !== undefined) throw failure;
    return undefined;
  }
}

/**
 * Acts on each that they have of what is looked for, as soon as its media-svc has said so, and returns when all have; whether anybody had it. Errors: what
 * `act` says, after all have been asked; UNAVAILABLE when one does not answer and no other one has it.
 */
export async function eachAtMedias<T>(
  asking: MediaAsking,
  ask: Ask<T>,
  is: (what: T) => boolean,
  act: (placed: Placed<T>) => Promise<unknown>,
): Promise<boolean> {
  const there = await asking.facts.medias();
  let had = false;
  const unanswered: unknown[] = [];
  const looks = there.map(async ({ mediaAddress }) => {
    const all = await insist(asking, mediaAddress, ask).catch((error: unknown) => {
      unanswered.push(error);
      return [];
    });
    for (const one of all.filter(({ what }) => is(what))) {
      had = true;
      await act(one);
    }
  });
  const failed = (await Promise.allSettled(looks)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  if (!had && unanswered.length > 0) throw unanswered[0];
  return had;
}

/** Told by one that has not what is looked for, and to nobody else. */
const notHere = new Error('not here');

async function insist<T>({ medias, clock }: MediaAsking, address: string, ask: Ask<T>): Promise<Placed<T>[]> {
  const once = async (): Promise<readonly T[]> => {
    if ((await medias.reached(address)) !== 'ready')
      throw new AppError('UNAVAILABLE', `media-svc at ${address} does not answer`);
    return ask(medias.get(address));
  };
  const all = await retry(once, {
    ...PATIENCE,
    clock,
    retryable: (error) => isAppError(error) && error.code === 'UNAVAILABLE',
  });
  return all.map((what) => ({ what, address }));
}
