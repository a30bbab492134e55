import type { types } from 'mediasoup-client';

/** How often the sound's way through the browser is looked at, ms. */
const LOOK_MS = 1_000;
/**
 * What sound waits for besides the browser's jitter buffer, ms: 20 until a packet of Opus is full, 7 of its encoder's look-ahead, and a buffer
 * of the audio output, which browsers tell of nobody but an AudioContext of its own.
 */
const AROUND_BUFFER_MS = 40;
/** A smaller difference is not heard, and each change makes the picture halt or hurry. */
const STEP_MS = 20;
/** More is no buffer but a connection in trouble, with which the picture shall not be. */
const MOST_MS = 400;

/** Of `RTCInboundRtpStreamStats`: seconds that all samples so far have waited together, and how many those were. */
export interface Waited {
  readonly jitterBufferDelay: number;
  readonly jitterBufferEmittedCount: number;
}

/**
 * How long the picture is to be held back, ms, so that it is shown when its sound is heard; by what samples waited between two looks. Goes on as it
 * `held` while no sound came and for less than a step. Pure.
 */
export function holdOf(before: Waited, now: Waited, held: number): number {
  const samples = now.jitterBufferEmittedCount - before.jitterBufferEmittedCount;
  if (samples <= 0) return held;
  const waitedMs = ((now.jitterBufferDelay - before.jitterBufferDelay) * 1_000) / samples;
  const hold = Math.min(Math.round(waitedMs) + AROUND_BUFFER_MS, MOST_MS);
  return Math.abs(hold - held) < STEP_MS ? held : hold;
}

/** What of a consumer is used. */
type Heard = Pick<types.Consumer, 'kind' | 'getStats' | 'rtpReceiver'>;

/**
 * Holds the picture back for as long as its sound takes, while there is sound. Not the browser's own synchronisation, which goes by the packets of
 * both: a screen that stands still sends none. Ends by `rest`.
 */
export class Lips {
  readonly #consumers: () => readonly Heard[];
  #timer: ReturnType<typeof setInterval> | undefined;
  #before: Waited | undefined;
  #held = 0;

  constructor(consumers: () => readonly Heard[]) {
    this.#consumers = consumers;
  }

  begin(): void {
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
  }

  /** The picture is shown as soon as it comes. May be called twice. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#before = undefined;
    this.#hold(0);
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    const sound = this.#consumers().find(({ kind }) => kind === 'audio');
    const now = waitedOf(await sound?.getStats().catch(() => undefined));
    if (now === undefined || timer !== this.#timer) return;
    const before = this.#before;
    this.#before = now;
    // The picture may be another track than at the last look.
    if (before !== undefined) this.#hold(holdOf(before, now, this.#held));
  }

  #hold(ms: number): void {
    this.#held = ms;
    for (const { kind, rtpReceiver } of this.#consumers())
      if (kind === 'video' && rtpReceiver !== undefined) aimAt(rtpReceiver, ms);
  }
}

/** How long the jitter buffer of a track is at least, ms. */
export function aimAt(receiver: RTCRtpReceiver, ms: number): void {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = ms;
  else (receiver as { playoutDelayHint?: number }).playoutDelayHint = ms / 1_000;
}

function waitedOf(report: RTCStatsReport | undefined): Waited | undefined {
  const all = [...((report?.values() ?? []) as Iterable<Partial<Waited> & { readonly type: string }>)];
  const { jitterBufferDelay, jitterBufferEmittedCount } =
    all.find(({ type }) => type === 'inbound-rtp') ?? {};
  return jitterBufferDelay === undefined || jitterBufferEmittedCount === undefined
    ? undefined
    : { jitterBufferDelay, jitterBufferEmittedCount };
}
