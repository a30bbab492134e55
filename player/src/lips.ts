import type { types } from 'mediasoup-client';
import { heardAtMs, holdOf, type Patience, type Played, soundLateMs } from './apart.js';

/**
 * What counts more while the phone is heard: `picture`, it waits for nothing; `near`, it waits as far as its sound would be late enough to be
 * noticed; `av`, it waits for the sound.
 */
export type Sync = 'picture' | 'near' | 'av';

/**
 * By the mean of some looks: single sounds and pictures are some tens of ms beside it, since sound is played in steps of 10 ms, pictures in
 * steps of 17. `near` gives up where fingers would notice more than ears.
 */
const PATIENCE: { readonly [sync in Sync]: Patience | undefined } = {
  picture: undefined,
  near: { mayBeLateMs: 40, mostMs: 120 },
  av: { mayBeLateMs: 0, mostMs: 400 },
};

const LOOK_MS = 250;
/** Looks whose mean is believed, and the least. */
const BELIEVED = 8;
const ENOUGH = 4;
/** Until the browser has followed a change: Chromium by 0.1 s in a second. */
const SETTLED_MS = 1_000;
/** Where the browser does not tell how long its audio output takes. */
const OUTPUT_MS = 30;
/** Looks between two questions for that. */
const OUTPUT_EACH = 8;

/** What of a consumer is used. */
type Consumed = Pick<types.Consumer, 'kind' | 'getStats' | 'rtpReceiver'>;

/** A sound, and when it comes out of the loudspeaker, ms on the page's clock. */
export interface Heard {
  readonly atMs: number;
  readonly rtp: number;
}

/** Of `RTCAudioPlayoutStats`: seconds that all samples so far took together to come out, and how many those were. */
interface Output {
  readonly totalPlayoutDelay: number;
  readonly totalSamplesCount: number;
}

/**
 * Holds the picture back for what its sound takes longer, while there is sound. Not the browser's own synchronisation, which makes them wait
 * for each other to the last ms; fingers would pay for that. Ends by `rest`.
 */
export class Lips {
  readonly #consumers: () => readonly Consumed[];
  #timer: ReturnType<typeof setInterval> | undefined;
  #patience: Patience = { mayBeLateMs: 0, mostMs: 0 };
  #looks = 0;
  #output: Output | undefined;
  #outputMs = OUTPUT_MS;
  #held = 0;
  #changedAt = -Infinity;
  #receiver: RTCRtpReceiver | undefined;
  /** The newest that was shown, and how long pictures were held back then. */
  #picture: { readonly played: Played; readonly under: number } | undefined;
  /** By how much sound was late behind pictures that were held back as `#picture` was. */
  #late: number[] = [];

  constructor(consumers: () => readonly Consumed[]) {
    this.#consumers = consumers;
  }

  /** The newest; undefined where there is none. */
  get heard(): Heard | undefined {
    const sound = this.#consumers().find(({ kind }) => kind === 'audio');
    if (this.#timer === undefined) void this.#askOutput(sound);
    const played = newest(sound);
    if (played === undefined) return undefined;
    const atMs = heardAtMs(played, this.#outputMs);
    // Browsers tell it since the page began, or since 1970 (webrtc-pc §5.6 has changed its mind).
    return {
      atMs: atMs > performance.timeOrigin / 2 ? atMs - performance.timeOrigin : atMs,
      rtp: played.rtpTimestamp,
    };
  }

  begin(sync: Sync): void {
    const patience = PATIENCE[sync];
    if (patience === undefined) return this.rest();
    this.#patience = patience;
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  }

  /** The picture is shown as soon as it comes. May be called twice. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#picture = undefined;
    this.#late = [];
    this.#hold(0);
  }

  #look(): void {
    const [sound, picture] = (['audio', 'video'] as const).map((wanted) =>
      this.#consumers().find(({ kind }) => kind === wanted),
    );
    this.#other(picture?.rtpReceiver);
    if (this.#looks++ % OUTPUT_EACH === 0) void this.#askOutput(sound);
    const heard = newest(sound);
    this.#shown(newest(picture));
    if (heard === undefined || this.#picture === undefined) return;
    const { played, under } = this.#picture;
    this.#late = [...this.#late, soundLateMs(heard, played, this.#outputMs)].slice(-BELIEVED);
    if (this.#late.length < ENOUGH) return;
    const lateMs = this.#late.reduce((sum, one) => sum + one, 0) / this.#late.length;
    this.#hold(holdOf({ lateMs, under }, this.#patience, this.#held));
  }

  /** Another layer's track begins as fast as it can: it is told anew. */
  #other(receiver: RTCRtpReceiver | undefined): void {
    if (receiver === this.#receiver) return;
    this.#receiver = receiver;
    this.#picture = undefined;
    this.#late = [];
    if (receiver !== undefined && this.#held > 0) this.#aim(this.#held);
  }

  #shown(played: Played | undefined): void {
    // A screen that stands still: it would be shown again as that one was.
    if (played === undefined || played.rtpTimestamp === this.#picture?.played.rtpTimestamp) return;
    if (performance.now() - this.#changedAt < SETTLED_MS) return;
    if (this.#picture?.under !== this.#held) this.#late = [];
    this.#picture = { played, under: this.#held };
  }

  async #askOutput(sound: Consumed | undefined): Promise<void> {
    const report = await sound?.getStats().catch(() => undefined);
    const all = [...((report?.values() ?? []) as Iterable<Partial<Output> & { readonly type: string }>)];
    const now = all.find(({ type }) => type === 'media-playout');
    if (now?.totalPlayoutDelay === undefined || now.totalSamplesCount === undefined) return;
    const { totalPlayoutDelay, totalSamplesCount } = now;
    const samples = totalSamplesCount - (this.#output?.totalSamplesCount ?? 0);
    const seconds = totalPlayoutDelay - (this.#output?.totalPlayoutDelay ?? 0);
    if (samples > 0 && seconds >= 0) this.#outputMs = (seconds * 1_000) / samples;
    this.#output = { totalPlayoutDelay, totalSamplesCount };
  }

  #hold(ms: number): void {
    if (ms === this.#held) return;
    this.#held = ms;
    this.#aim(ms);
  }

  #aim(ms: number): void {
    this.#changedAt = performance.now();
    for (const { kind, rtpReceiver } of this.#consumers())
      if (kind === 'video' && rtpReceiver !== undefined) aimAt(rtpReceiver, ms);
  }
}

/** How long the jitter buffer of a track is at least, ms. */
export function aimAt(receiver: RTCRtpReceiver, ms: number): void {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = ms;
  else (receiver as { playoutDelayHint?: number }).playoutDelayHint = ms / 1_000;
}

function newest(consumer: Consumed | undefined): Played | undefined {
  const [source] = consumer?.rtpReceiver?.getSynchronizationSources() ?? [];
  return source;
}
