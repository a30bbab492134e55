import { Phase } from '@ancloud/contracts/gateway/v1/gateway';
import { phaseOf, type PhoneFacts } from './phase.js';

/** A phone as the idle policy sees it. */
export interface IdleFacts extends PhoneFacts {
  readonly stream?: { readonly viewers: number } | undefined;
}

/** Since when each phone with an idle policy has been ready without a viewer, Unix ms. */
export type IdleSince = ReadonlyMap<string, number>;

/**
 * What time has made of the phones: since when each idles now, and which have idled as long as they asked for. A gateway
 * that begins to look knows no past, so a phone is paused late rather than early.
 */
export function idlers(
  before: IdleSince,
  phones: readonly IdleFacts[],
  nowMs: number,
): { readonly since: IdleSince; readonly due: readonly IdleFacts[] } {
  const since = new Map<string, number>();
  const due: IdleFacts[] = [];
  for (const phone of phones) {
    const { phoneId, spec } = phone.desired;
    const minutes = spec?.idlePauseMinutes ?? 0;
    if (minutes === 0 || phone.desired.paused || (phone.stream?.viewers ?? 0) > 0) continue;
    if (phaseOf(phone).phase !== Phase.PHASE_READY) continue;
    const began = before.get(phoneId) ?? nowMs;
    since.set(phoneId, began);
    if (nowMs - began >= minutes * 60_000) due.push(phone);
  }
  return { since, due };
}
