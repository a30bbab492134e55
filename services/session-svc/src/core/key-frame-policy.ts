import { GOP_MAX_UNITS } from './gop-cache.js';

/**
 * Milliseconds without a picture after which the stream counts as quiet: more than a frame of a film (42 ms), well below
 * the 100 ms after which an encoder repeats the picture of a still screen (scrcpy, SurfaceEncoder.REPEAT_FRAME_DELAY_US), which
 * it does ten times. A screen is still from the first repeat on, not a second later.
 */
export const QUIET_MS = 50;
/** Least milliseconds between two replays: each goes to all who watch, and is most of what a media worker does while a crowd joins. */
export const REPLAY_GAP_MS = 150;
/** Least milliseconds between two encoder restarts for joiners: with the restart's own quarter of a second, nobody waits for more than one. */
export const RESET_GAP_MS = 700;
/** Least milliseconds between two answers to lost packets: an encoder restart costs everybody. */
export const LOSS_GAP_MS = 10_000;

export type KeyFrameReason = 'join' | 'loss';

/** What to do now. `wait`: ask `due` again at `atMs`. */
export type KeyFrameDecision =
  { readonly do: 'replay' | 'reset' | 'nothing' } | { readonly do: 'wait'; readonly atMs: number };

export interface StreamFacts {
  /** Milliseconds since the last access unit of the phone was sent; Infinity before the first. */
  readonly quietMs: number;
  /** Access units in the cached group, 0 when it cannot be replayed. */
  readonly cached: number;
}

const NOTHING: KeyFrameDecision = { do: 'nothing' };

/**
 * When a viewer needs a key frame: replay the cached group if the stream is quiet and the group short (the phone is not
 * asked), else restart the encoder (RESET_VIDEO), the only key frame request scrcpy has. However many ask, at most seven
 * replays a second, three restarts in two seconds for joiners, one answer in ten seconds for losses. A wish that comes too early
 * is kept and answered when its time has come, unless the phone sends a key frame by itself before.
 * The figures were measured (docs/protocol.md, "Key frames").
 */
export class KeyFramePolicy {
  #lastReplayMs = -Infinity;
  #lastResetMs = -Infinity;
  #lastLossMs = -Infinity;
  /** A restart was asked for and its key frame has not come. */
  #resetPending = false;
  /** Since when a joiner waits. */
  #joinSinceMs: number | undefined;
  #lossWaits = false;

  wanted(reason: KeyFrameReason, nowMs: number, facts: StreamFacts): KeyFrameDecision {
    if (reason === 'join') this.#joinSinceMs ??= nowMs;
    else this.#lossWaits = true;
    return this.due(nowMs, facts);
  }

  /** The phone sent a key frame by itself or as asked: whoever waits has it now. */
  keyFrameSent(): void {
    this.#resetPending = false;
    this.#joinSinceMs = undefined;
    this.#lossWaits = false;
  }

  /** Another encoder begins, with a key frame: nothing that was asked of the old one will come. */
  encoderReplaced(): void {
    this.#resetPending = false;
  }

  /** What the wishes that wait come to now. */
  due(nowMs: number, facts: StreamFacts): KeyFrameDecision {
    if (this.#joinSinceMs !== undefined) return this.#join(this.#joinSinceMs, nowMs, facts);
    if (this.#lossWaits) return this.#loss(nowMs, facts);
    return NOTHING;
  }

  #join(sinceMs: number, nowMs: number, facts: StreamFacts): KeyFrameDecision {
    const replayAtMs = this.#lastReplayMs + REPLAY_GAP_MS;
    if (replayable(facts))
      return nowMs >= replayAtMs ? this.#replay(nowMs) : { do: 'wait', atMs: replayAtMs };
    const atMs = this.#lastResetMs + RESET_GAP_MS;
    // The restart under way serves this one too; asked again when it does not come in time.
    if (this.#resetPending && nowMs < atMs) return { do: 'wait', atMs };
    // A short group may be a still screen's: from when it may be replayed, it is given the time to be quiet once before the phone is
    // asked. One that was quiet while the last replay was too recent has not had it yet.
    const quietBy = Math.max(sinceMs, replayAtMs) + QUIET_MS;
    const patientMs = Math.max(atMs, facts.cached > 0 ? quietBy : -Infinity);
    if (nowMs >= patientMs) return this.#reset(nowMs);
    const quietAtMs = facts.cached > 0 ? nowMs + Math.max(1, QUIET_MS - facts.quietMs) : Infinity;
    return { do: 'wait', atMs: Math.min(patientMs, quietAtMs) };
  }

  #loss(nowMs: number, facts: StreamFacts): KeyFrameDecision {
    const atMs = Math.max(this.#lastLossMs + LOSS_GAP_MS, this.#lastResetMs + RESET_GAP_MS);
    if (nowMs < atMs) return { do: 'wait', atMs };
    this.#lastLossMs = nowMs;
    return replayable(facts) ? this.#replay(nowMs) : this.#reset(nowMs);
  }

  #replay(nowMs: number): KeyFrameDecision {
    this.#lastReplayMs = nowMs;
    this.#joinSinceMs = undefined;
    this.#lossWaits = false;
    return { do: 'replay' };
  }

  #reset(nowMs: number): KeyFrameDecision {
    this.#lastResetMs = nowMs;
    this.#resetPending = true;
    return { do: 'reset' };
  }
}

function replayable(facts: StreamFacts): boolean {
  return facts.quietMs >= QUIET_MS && facts.cached > 0 && facts.cached <= GOP_MAX_UNITS;
}
