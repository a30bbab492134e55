/** RTP timestamps are of 32 bits: pictures' wrap each 13 hours, sound's each 25. */
const PICTURE_TICKS_PER_MS = 90;
const SOUND_TICKS_PER_MS = 48;
/** Answers of which the quickest counts: half a minute, in which two clocks part by some ms at most. */
const ANSWERS = 6;
/** What a frame or a sound can have taken; more is a clock that was set. */
const MOST_MS = 10_000;
/** viewer.ts: a report tells so many at most. */
const TOLD = 16;
/** Frames of a report's time that are remembered: 5 s of 120 a second. */
const REMEMBERED = 600;

/**
 * Glass to glass: from when the phone drew a frame, which is its RTP timestamp on the clock of the phone's host, to its display; and the same of
 * sounds, from when the phone made one to its coming out of the loudspeaker. That clock is
 * asked for; what is wrong with it is at most half the time that the quickest answer took (RFC 5905 §8). Browsers that do not tell a
 * frame's timestamp have none. Pure; times of one clock in ms.
 */
export class GlassMeter {
  #answers: { readonly aheadMs: number; readonly tookMs: number }[] = [];
  #took: number[] = [];
  #tookSounds: number[] = [];

  /** The host's clock said `hostMs` between these two moments. */
  clock(askedMs: number, answeredMs: number, hostMs: number): void {
    const answer = { aheadMs: hostMs - (askedMs + answeredMs) / 2, tookMs: answeredMs - askedMs };
    const before = this.#answers.at(-1);
    // Another host: the phone has moved.
    if (before !== undefined && Math.abs(before.aheadMs - answer.aheadMs) > MOST_MS) this.#answers = [];
    this.#answers = [...this.#answers, answer].slice(-ANSWERS);
  }

  /** How long the quickest of the last answers took, ms; undefined before the first. */
  get quickestMs(): number | undefined {
    return this.#answers.length === 0 ? undefined : Math.min(...this.#answers.map(({ tookMs }) => tookMs));
  }

  /** A frame was displayed. */
  shown(atMs: number, rtp: number | undefined): void {
    if (rtp !== undefined) this.#add(this.#took, atMs, rtp, PICTURE_TICKS_PER_MS);
  }

  /** A sound came out. */
  heard(atMs: number, rtp: number): void {
    this.#add(this.#tookSounds, atMs, rtp, SOUND_TICKS_PER_MS);
  }

  /** What frames since the last call took, ms; evenly picked. */
  take(): number[] {
    return picked(this.#took.splice(0));
  }

  /** The same of sounds. */
  takeSounds(): number[] {
    return picked(this.#tookSounds.splice(0));
  }

  #add(all: number[], atMs: number, rtp: number, ticksPerMs: number): void {
    if (this.#answers.length === 0 || all.length === REMEMBERED) return;
    const { aheadMs } = this.#answers.reduce((best, one) => (one.tookMs < best.tookMs ? one : best));
    const wrapMs = 2 ** 32 / ticksPerMs;
    const took = (atMs + aheadMs - rtp / ticksPerMs) % wrapMs;
    const tookMs = took < 0 ? took + wrapMs : took;
    if (tookMs <= MOST_MS) all.push(tookMs);
  }
}

function picked(took: readonly number[]): number[] {
  const step = Math.max(1, took.length / TOLD);
  return Array.from({ length: Math.min(TOLD, took.length) }, (_, i) => took[Math.floor(i * step)] ?? 0);
}
