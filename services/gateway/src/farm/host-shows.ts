import type { HostRecord } from '@ancloud/contracts/state/v1/state';
import { type Clock, sleep } from '@ancloud/kit';
import type { FarmFacts } from './farm-facts.js';

/** What a host has got or lost it tells at once; when that was lost on the way, with its next heartbeat. ms. */
const SHOWN_MS = 7_000;
const LOOK_MS = 100;

/**
 * Waits until a host's record, from which lists and placement are read, is as `is` wants it: behind what the host itself has answered. A
 * host that is lost has none. False when it was not so in time.
 */
export async function hostShows(
  { facts, clock }: { readonly facts: Pick<FarmFacts, 'host'>; readonly clock: Clock },
  hostId: string,
  is: (host: HostRecord | undefined) => boolean,
): Promise<boolean> {
  for (const began = clock.monotonic(); clock.monotonic() - began < SHOWN_MS;) {
    if (is(await facts.host(hostId))) return true;
    await sleep(LOOK_MS, undefined, clock);
  }
  return false;
}
