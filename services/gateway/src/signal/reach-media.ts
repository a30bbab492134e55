import type { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, isAppError, sleep, type Clock } from '@ancloud/kit';
import { carrierOf, leastLoaded } from './core/pick-media.js';

/** Before the next try: the new holder's record follows its lease by a moment, and a media-svc that was killed is being started, ms. */
const RETRY_PAUSE_MS = 150;
/** A viewer who was cut off by the end of a media-svc waits here for the next one, rather than asking in vain ever slower, ms. */
const PATIENCE_MS = 5_000;
/** What another try a moment later cures. A holder that passes us on is followed once: two that name each other are not. */
const PASSING: ReadonlySet<string> = new Set(['UNAVAILABLE', 'CAPACITY']);

/** What finding a media-svc leans on. */
export interface MediaFinding {
  readonly facts: {
    stream(phone: string): Promise<StreamRecord | undefined>;
    medias(): Promise<MediaRecord[]>;
  };
  readonly clock: Clock;
}

/**
 * Carries `attempt` out at the address of the media-svc that has, or shall have, the phone's stream. When the one that was asked says
 * STREAM_ELSEWHERE, the holder is asked, once; one that cannot be reached or has no worker is given 5 s to come back.
 * Errors: UNAVAILABLE when there is no media-svc, CAPACITY, and what `attempt` says.
 */
export async function reachMedia<T>(
  { facts, clock }: MediaFinding,
  phone: string,
  signal: AbortSignal,
  attempt: (address: string) => Promise<T>,
): Promise<T> {
  const untilMs = clock.monotonic() + PATIENCE_MS;
  let passedOn = false;
  let asked: string | undefined;
  for (;;) {
    try {
      const stream = await facts.stream(phone);
      // Who else there is matters only where the one that carries the stream is not the answer: a crowd joins that one.
      asked = carrierOf(stream, asked) ?? leastLoaded(await facts.medias(), asked);
      if (asked === undefined)
        throw new AppError('UNAVAILABLE', 'no media-svc is connected to the farm', {
          fix: 'start media-svc',
        });
      return await attempt(asked);
    } catch (error) {
      if (signal.aborted || !isAppError(error)) throw error;
      if (error.code === 'STREAM_ELSEWHERE' && !passedOn) passedOn = true;
      else if (PASSING.has(error.code) && clock.monotonic() < untilMs) passedOn = false;
      else throw error;
      await sleep(RETRY_PAUSE_MS, signal, clock);
    }
  }
}
