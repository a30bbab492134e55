/** Why a viewer needs a key frame: it has no picture yet, or lost packets that nobody can resend. */
export type WishReason = 'join' | 'loss';

/**
 * Least milliseconds between two wishes of one kind that are passed on for a stream. session-svc keeps the limits of replays and of what the
 * phone is asked, and two that are alike would add up: these only merge what comes at once. A lossy link wishes again and again, and its
 * answer is no sooner by that.
 */
export const WISH_GAP_MS: Readonly<Record<WishReason, number>> = { join: 50, loss: 1_000 };

/** Of the wishes of one kind. */
export interface WishState {
  readonly last: number;
  /** One was held back: it must be passed on when the gap is over, or that viewer would wait for nothing. */
  readonly pending: boolean;
}

export const noWishes: WishState = { last: -Infinity, pending: false };

export interface WishDecision {
  readonly state: WishState;
  readonly send: boolean;
  /** Milliseconds after which `due` must be called; undefined when nothing waits. */
  readonly again?: number;
}

/** A wish came at `now` (monotonic milliseconds): it is passed on, or delayed and merged with all that come meanwhile. */
export function wish(state: WishState, now: number, gapMs: number): WishDecision {
  const wait = state.last + gapMs - now;
  if (wait <= 0) return { state: { last: now, pending: false }, send: true };
  if (state.pending) return { state, send: false };
  return { state: { ...state, pending: true }, send: false, again: wait };
}

/** The delay that `wish` asked for is over. */
export function due(state: WishState, now: number): WishDecision {
  if (!state.pending) return { state, send: false };
  return { state: { last: now, pending: false }, send: true };
}
