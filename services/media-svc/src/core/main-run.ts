import type { StreamEdge } from '@ancloud/contracts/state/v1/state';

/**
 * Whether the phone encodes its main picture and sound: only while somebody is sent either. What session-svc was told last and has agreed
 * to; `unsure` while a call is under way and behind one that failed, when it may be either.
 */
export type MainAt = 'runs' | 'rests' | 'unsure';

export interface MainState {
  readonly at: MainAt;
  readonly wanted: boolean;
  /** When `wanted` became what it is, monotonic ms. */
  readonly sinceMs: number;
  /** Tries in a row that failed. */
  readonly failed: number;
  /** When the last of them did. */
  readonly failedMs: number;
}

export type MainStep =
  { readonly do: 'run' | 'rest' | 'nothing' } | { readonly do: 'wait'; readonly ms: number };

/** Before another try, by how many have failed in a row. */
const RETRY_MS = [0, 200, 500, 1_000, 2_000] as const;

/** What is to be done next, by level: whatever was lost before. `idleMs`: so long it runs on for nobody, so that the next one finds it warm. */
export function nextMain(state: MainState, nowMs: number, idleMs: number): MainStep {
  const { at, wanted, sinceMs, failed, failedMs } = state;
  if (at === (wanted ? 'runs' : 'rests')) return { do: 'nothing' };
  const retryMs = failedMs + (RETRY_MS[Math.min(failed, RETRY_MS.length - 1)] ?? 0);
  const dueMs = failed > 0 ? retryMs : !wanted ? sinceMs + idleMs : nowMs;
  if (dueMs > nowMs) return { do: 'wait', ms: dueMs - nowMs };
  return { do: wanted ? 'run' : 'rest' };
}

/** Whether an edge is to be sent a main picture that moves. One that opens has to hear whether there is sound, which only a server that runs tells. */
export function edgeNeedsMain(opened: boolean, { viewers, pinned }: StreamEdge): boolean {
  return !opened || viewers > pinned;
}
