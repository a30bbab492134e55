import type { ClientNotifications } from '@ancloud/contracts/viewer';
import { AnswerMeter } from './answers.js';
import { GlassMeter } from './glass.js';
import type { Heard } from './lips.js';
import { score } from './score.js';
import { type Shown, StallMeter } from './stalls.js';
import { PictureMeter, type PictureStats } from './stats.js';
import { tellsFrames } from './tracks.js';

type Report = ClientNotifications['experience'];

export interface ExperienceOptions {
  readonly video: HTMLVideoElement;
  /** The browser's counters; undefined while there is no connection. */
  readonly counters: () => Promise<RTCStatsReport | undefined>;
  /** What the clock of the phone's host says, ms; undefined or rejected while nobody answers. */
  readonly hostMs: () => Promise<number | undefined>;
  /** The newest sound; undefined while none is heard. */
  readonly heard: () => Heard | undefined;
  /** Once a second. */
  readonly measured: (stats: PictureStats) => void;
  /** Each 5 s: what the farm is told. */
  readonly report: (report: Report) => void;
}

const MEASURE_MS = 1_000;
const REPORTED_EACH = 5;
/** A look counts for no more: a page that slept saw nothing, and the farm takes no report of more than a minute. */
const LOOK_MOST_MS = 60_000 / REPORTED_EACH;
/** At first the clock of the phone's host is asked for so often, then with each report. */
const CLOCK_FIRST = 3;

/** How the picture is seen: measured each second, told to the farm each five. One per token; ends by `close`. */
export class Experience {
  readonly #options: ExperienceOptions;
  readonly #meter = new PictureMeter();
  readonly #stalls = new StallMeter();
  readonly #answers = new AnswerMeter();
  readonly #glass = new GlassMeter();
  readonly #timer: ReturnType<typeof setInterval>;
  #asked = 0;
  #seconds: PictureStats[] = [];
  /** Of the last look, whether or not there was something to see. */
  #lookedMs = performance.now();
  #spanMs = 0;
  #frame: number | undefined;
  /** RTP timestamp of the sound that was looked at last. */
  #sound: number | undefined;

  constructor(options: ExperienceOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#measure(), MEASURE_MS);
    // In the background nothing is shown, which is no stall.
    document.addEventListener('visibilitychange', this.#hidden);
    this.#next();
  }

  /** The picture is another one, or was taken away. */
  interrupted(): void {
    this.#stalls.interrupted();
    this.#answers.interrupted();
  }

  /** This viewer has pressed the picture, ms on the page's clock. */
  touched(atMs: number): void {
    this.#answers.touched(atMs);
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#hidden);
    if (this.#frame !== undefined) this.#options.video.cancelVideoFrameCallback(this.#frame);
  }

  readonly #hidden = (): void => this.interrupted();

  #next(): void {
    if (!tellsFrames(this.#options.video)) return;
    this.#frame = this.#options.video.requestVideoFrameCallback((_, frame) => {
      this.#stalls.shown(frame.expectedDisplayTime, frame.rtpTimestamp);
      this.#answers.shown(frame.expectedDisplayTime);
      this.#glass.shown(frame.expectedDisplayTime, frame.rtpTimestamp);
      this.#next();
    });
  }

  async #askClock(): Promise<void> {
    this.#asked += 1;
    const asked = performance.now();
    // A farm of another version may know no such question.
    const hostMs = await this.#options.hostMs().catch(() => undefined);
    if (hostMs !== undefined) this.#glass.clock(asked, performance.now(), hostMs);
  }

  /** A sound that was looked at before has come to its end: nothing plays. */
  #listen(): void {
    const heard = this.#options.heard();
    if (heard === undefined || heard.rtp === this.#sound) return;
    this.#sound = heard.rtp;
    this.#glass.heard(heard.atMs, heard.rtp);
  }

  async #measure(): Promise<void> {
    const counters = await this.#options.counters().catch(() => undefined);
    const read = counters === undefined ? undefined : this.#meter.read(counters);
    const sinceMs = performance.now() - this.#lookedMs;
    this.#lookedMs += sinceMs;
    if (read === undefined) return;
    this.#spanMs += Math.min(sinceMs, LOOK_MOST_MS);
    const stats = { ...read, rttMs: read.rttMs ?? this.#glass.quickestMs };
    this.#options.measured(stats);
    this.#listen();
    // Decoded is the most that is known then.
    if (!tellsFrames(this.#options.video))
      for (let frame = 0; frame < stats.newFrames; frame++) this.#stalls.shown(performance.now(), undefined);
    this.#seconds.push(stats);
    if (this.#asked < CLOCK_FIRST || this.#seconds.length === 1) void this.#askClock();
    if (this.#seconds.length < REPORTED_EACH) return;
    const report = summary(this.#seconds, this.#stalls.take(), this.#spanMs);
    this.#options.report({
      ...report,
      touchMs: this.#answers.take(),
      glassMs: this.#glass.take(),
      soundMs: this.#glass.takeSounds(),
    });
    this.#seconds = [];
    this.#spanMs = 0;
  }
}

/** Some seconds in one report. Pure. */
export function summary(seconds: readonly PictureStats[], shown: Shown, spanMs: number): Report {
  const decoded = seconds.reduce((sum, { newFrames }) => sum + newFrames, 0);
  const mean = (of: (stats: PictureStats) => number): number =>
    seconds.reduce((sum, stats) => sum + of(stats) * stats.newFrames, 0) / Math.max(1, decoded);
  const framesDropped = seconds.reduce((sum, { newDropped }) => sum + newDropped, 0);
  const rttMs = seconds.findLast((stats) => stats.rttMs !== undefined)?.rttMs ?? 0;
  const decodeMs = mean((stats) => stats.decodeMs);
  const bufferMs = mean((stats) => stats.bufferMs);
  const delayMs = rttMs / 2 + decodeMs + bufferMs;
  const { frames, stalls, stalledMs } = shown;
  const relayed = seconds.at(-1)?.relayed;
  return {
    spanMs,
    frames,
    framesDropped,
    packetsLost: seconds.reduce((sum, { newLost }) => sum + newLost, 0),
    stalls,
    stalledMs,
    rttMs,
    decodeMs,
    bufferMs,
    ...(relayed === undefined ? {} : { relayed }),
    score: score({ spanMs, frames, framesDropped, stalledMs, delayMs }),
  };
}
