/** Why a viewer needs a key frame: it has no picture yet, or lost packets that nobody can resend. */
export type WishReason = 'join' | 'loss';

/** Least milliseconds between two wishes of one kind that are passed on for a stream. */
export interface WishLimits {
  /** Default 50: session-svc keeps the limits of replays and of what the phone is asked, and two that are alike would add up. */
  readonly joinMs: number;
  /**
   * Default 10 000: a loss heals with the next key frame (2 s); one weak viewer must not restart the encoder for all. None is kept: on a
   * screen that stands Chromium asks 3 s after a packet came, so each answer would bring the next question.
   */
  readonly lossMs: number;
}

export const defaultWishLimits: WishLimits = { joinMs: 50, lossMs: 10_000 };

export interface WishState {
  readonly lastJoin: number;
  readonly lastLoss: number;
  /** A join was held back: it must be passed on when `joinMs` is over, or that viewer would wait for nothing. */
  readonly joinPending: boolean;
}

export const noWishes: WishState = { lastJoin: -Infinity, lastLoss: -Infinity, joinPending: false };

export interface WishDecision {
  readonly state: WishState;
  readonly send: boolean;
  /** Milliseconds after which `due` must be called; undefined when nothing waits. */
  readonly again?: number;
}

/** A wish came at `now` (monotonic milliseconds). Losses are dropped inside their limit, joins are delayed and merged. */
export function wish(
  state: WishState,
  reason: WishReason,
  now: number,
  limits: WishLimits = defaultWishLimits,
): WishDecision {
  if (reason === 'loss') {
    if (now - state.lastLoss < limits.lossMs) return { state, send: false };
    return { state: { ...state, lastLoss: now }, send: true };
  }
  const wait = state.lastJoin + limits.joinMs - now;
  if (wait <= 0) return { state: { ...state, lastJoin: now, joinPending: false }, send: true };
  if (state.joinPending) return { state, send: false };
  return { state: { ...state, joinPending: true }, send: false, again: wait };
}

/** The delay that `wish` asked for is over. */
export function due(state: WishState, now: number): WishDecision {
  if (!state.joinPending) return { state, send: false };
  return { state: { ...state, lastJoin: now, joinPending: false }, send: true };
}
