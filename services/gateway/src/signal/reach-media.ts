import type { ErrorCode } from '@ancloud/contracts';
import type { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, isAppError, type Reached, sleep, type Clock } from '@ancloud/kit';
import { carrierFor, leastLoaded, type MediaChoice, originOf, pickMedia } from './core/pick-media.js';

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
  /** Whether a media-svc answers there now. */
  readonly reached: (address: string) => Promise<Reached>;
  readonly clock: Clock;
}

const noMedia = (): AppError =>
  new AppError('UNAVAILABLE', 'no media-svc is connected to the farm', { fix: 'start media-svc' });

/**
 * Carries `attempt` out at the address of the media-svc where the phone's stream arrives, or shall arrive; one that cannot be reached or
 * has no worker is given 5 s to come back. Errors: UNAVAILABLE when there is no media-svc, CAPACITY, and what `attempt` says.
 */
export function reachMedia<T>(
  finding: MediaFinding,
  phone: string,
  signal: AbortSignal,
  attempt: (address: string) => Promise<T>,
): Promise<T> {
  const { facts } = finding;
  let asked: string | undefined;
  return insisting(finding, signal, async () => {
    asked = originOf(await facts.stream(phone), asked) ?? leastLoaded(await facts.medias(), asked);
    if (asked === undefined) throw noMedia();
    await answers(finding, asked);
    return attempt(asked);
  });
}

/**
 * The same for a viewer, at the media-svc that `pickMedia` says, which may be an edge. When the one that was asked says STREAM_ELSEWHERE,
 * what the records say then is followed, once. `passing`: what else is given 5 s. Errors: as `reachMedia`.
 */
export function reachSeat<T>(
  finding: MediaFinding,
  { phone, region }: { readonly phone: string; readonly region: string },
  signal: AbortSignal,
  attempt: (choice: MediaChoice) => Promise<T>,
  passing: readonly ErrorCode[] = [],
): Promise<T> {
  const { facts } = finding;
  let tried = new Set<string>();
  let passedOn: string | undefined;
  const pick = async (stream: StreamRecord | undefined, not?: string): Promise<MediaChoice | undefined> => {
    const place = { region, tried: not === undefined ? tried : new Set(tried).add(not) };
    // Who else there is matters only where those that carry the stream are not the answer: a crowd joins them.
    return carrierFor(stream, place) ?? pickMedia(stream, await facts.medias(), place);
  };
  const insist = async (): Promise<T> => {
    const stream = await facts.stream(phone);
    let choice = await pick(stream);
    // It has said that it does not carry the stream, and the record does not know yet who does.
    if (choice?.edge === false && choice.address === passedOn)
      choice = (await pick(stream, passedOn)) ?? choice;
    if (choice === undefined) {
      // All have been tried: from the beginning.
      tried = new Set();
      choice = await pick(stream);
    }
    if (choice === undefined) throw noMedia();
    try {
      await answers(finding, choice.address);
      return await attempt(choice);
    } catch (error) {
      if (isAppError(error, 'STREAM_ELSEWHERE')) passedOn = choice.address;
      else tried.add(choice.address);
      throw error;
    }
  };
  return insisting(finding, signal, insist, new Set([...PASSING, ...passing]));
}

/** Errors: UNAVAILABLE. One that vanished would let an attempt wait for its time to be over. */
async function answers({ reached }: MediaFinding, address: string): Promise<void> {
  if ((await reached(address)) !== 'ready')
    throw new AppError('UNAVAILABLE', `media-svc at ${address} does not answer`);
}

async function insisting<T>(
  { clock }: MediaFinding,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  passing: ReadonlySet<string> = PASSING,
): Promise<T> {
  const untilMs = clock.monotonic() + PATIENCE_MS;
  let passedOn = false;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !isAppError(error)) throw error;
      if (error.code === 'STREAM_ELSEWHERE' && !passedOn) passedOn = true;
      else if (passing.has(error.code) && clock.monotonic() < untilMs) passedOn = false;
      else throw error;
      await sleep(RETRY_PAUSE_MS, signal, clock);
    }
  }
}
