/**
 * Waits between attempts, ms; the last one goes on. The first is at once and the next ones follow closely: most cuts are a service that
 * starts anew, which takes one or two seconds.
 */
const WAITS_MS = [0, 250, 500, 500, 500, 1_000, 2_000, 4_000] as const;
/** A connection that lived this long was a good one: what came before it is forgotten. */
export const STEADY_MS = 5_000;
/** The farm keeps a viewer's place for two minutes after its connection ended. */
const GIVE_UP_MS = 120_000;

/** Errors that no further attempt cures. */
const FINAL =
  /^(?:TOKEN_\w+|UNAUTHENTICATED|FORBIDDEN|ORIGIN_REFUSED|PHONE_NOT_FOUND|PHONE_DELETING|VIEWER_NOT_FOUND|VIEWER_REVOKED|INVALID_ARGUMENT|CODEC_UNSUPPORTED|MESSAGE_\w+|FENCED|CANCELLED|BROWSER_UNSUPPORTED)$/;

/** How often a connection was lost in a row, and since when (any clock that grows, ms). */
export interface Trouble {
  readonly attempts: number;
  readonly since: number | undefined;
}

export const noTrouble: Trouble = { attempts: 0, since: undefined };

/** What to do after a connection (or an attempt at one) that lived `livedMs` ended at `now`. */
export function afterEnd(
  trouble: Trouble,
  end: { readonly code: string; readonly retry: boolean; readonly livedMs: number; readonly now: number },
):
  { readonly giveUp: true } | { readonly giveUp: false; readonly waitMs: number; readonly trouble: Trouble } {
  const { attempts, since = end.now } = end.livedMs >= STEADY_MS ? noTrouble : trouble;
  if (!end.retry || FINAL.test(end.code) || end.now - since > GIVE_UP_MS) return { giveUp: true };
  return {
    giveUp: false,
    waitMs: WAITS_MS[Math.min(attempts, WAITS_MS.length - 1)] ?? 0,
    trouble: { attempts: attempts + 1, since },
  };
}
