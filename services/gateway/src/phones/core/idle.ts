import { Phase } from '@ancloud/contracts/gateway/v1/gateway';
import { phaseOf, type PhoneFacts } from './phase.js';

/** Who watches a phone, without those that are pinned to its low layer: a wall of live thumbnails is no use of all its phones. */
export const watchersOf = (stream: IdleFacts['stream']): number =>
  stream === undefined ? 0 : Math.max(0, stream.viewers - stream.pinned);

/** A phone as the idle policy sees it. */
export interface IdleFacts extends PhoneFacts {
  /** `pinned` among the viewers look in passing. */
  readonly stream?: { readonly viewers: number; readonly pinned: number } | undefined;
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
    if (minutes === 0 || phone.desired.paused || watchersOf(phone.stream) > 0) continue;
    if (phaseOf(phone).phase !== Phase.PHASE_READY) continue;
    const began = before.get(phoneId) ?? nowMs;
    since.set(phoneId, began);
    if (nowMs - began >= minutes * 60_000) due.push(phone);
  }
  return { since, due };
}
