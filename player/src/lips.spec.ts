import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lips } from './lips.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A phone whose screen moves and whose sound goes on, as a browser plays them. */
class Playing {
  /** From the phone's moment to the track, ms. */
  soundTakes = 100;
  pictureTakes = 20;
  /** When the screen was last drawn, ms; undefined: it moves. */
  stoodAt: number | undefined;
  outputMs: number | undefined;
  #receiver = this.#track();
  readonly lips = new Lips(
    () =>
      [
        {
          kind: 'audio',
          rtpReceiver: { getSynchronizationSources: () => [source(performance.now(), this.soundTakes, 48)] },
          getStats: async () => this.#output(),
        },
        { kind: 'video', rtpReceiver: this.#receiver, getStats: async () => new Map() },
      ] as unknown as ReturnType<ConstructorParameters<typeof Lips>[0]>,
  );

  get held(): number {
    return this.#receiver.jitterBufferTarget;
  }

  anotherTrack(): void {
    this.#receiver = this.#track();
  }

  #track() {
    const track = {
      jitterBufferTarget: 0,
      getSynchronizationSources: () => [
        this.stoodAt === undefined
          ? source(performance.now(), Math.max(this.pictureTakes, track.jitterBufferTarget), 90)
          : source(this.stoodAt, this.pictureTakes, 90),
      ],
    };
    return track;
  }

  #output(): Map<string, unknown> {
    if (this.outputMs === undefined) return new Map();
    const totalSamplesCount = performance.now() * 48;
    const totalPlayoutDelay = (this.outputMs / 1_000) * totalSamplesCount;
    return new Map([['out', { type: 'media-playout', totalSamplesCount, totalPlayoutDelay }]]);
  }
}

function source(at: number, took: number, ticksPerMs: number) {
  return { timestamp: at, rtpTimestamp: Math.round((at - took + 1_000_000) * ticksPerMs) % 2 ** 32 };
}

const seconds = (many: number): Promise<unknown> => vi.advanceTimersByTimeAsync(many * 1_000);
/** Of a browser that does not tell of its output; the halves of packets and the codec's look-ahead are in it. */
const AROUND = 31.5;

it('holds the picture back until its sound is no later than nobody notices, and lets it go after', async () => {
  const playing = new Playing();
  playing.lips.begin('near');
  await seconds(10);
  const shownAfter = playing.soundTakes + AROUND - 40;
  expect(Math.abs(playing.held - shownAfter)).toBeLessThan(10);
  playing.lips.rest();
  expect(playing.held).toBe(0);
  await seconds(10);
  expect(playing.held).toBe(0);
});

it('costs the picture nothing where the sound is quick, nor where the picture is worth more', async () => {
  const playing = new Playing();
  playing.soundTakes = 15;
  playing.lips.begin('near');
  await seconds(10);
  expect(playing.held).toBe(0);
  playing.soundTakes = 200;
  playing.lips.begin('picture');
  await seconds(10);
  expect(playing.held).toBe(0);
});

it('does not let a finger wait for a sound that is in trouble', async () => {
  const playing = new Playing();
  playing.soundTakes = 500;
  playing.lips.begin('near');
  await seconds(20);
  expect(playing.held).toBe(120);
});

it('holds it until both come together where that is wished, follows the sound, and may change its mind', async () => {
  const playing = new Playing();
  playing.lips.begin('av');
  await seconds(10);
  expect(Math.abs(playing.held - (playing.soundTakes + AROUND))).toBeLessThan(10);
  playing.soundTakes = 60;
  await seconds(10);
  expect(Math.abs(playing.held - (60 + AROUND))).toBeLessThan(10);
  playing.lips.begin('near');
  await seconds(10);
  expect(Math.abs(playing.held - (60 + AROUND - 40))).toBeLessThan(10);
});

it('goes by what the audio output takes where the browser tells', async () => {
  const playing = new Playing();
  playing.outputMs = 120;
  playing.lips.begin('av');
  await seconds(10);
  expect(Math.abs(playing.held - (playing.soundTakes + 120))).toBeLessThan(12);
});

it('goes on by the last picture of a screen that stands still, without climbing', async () => {
  const playing = new Playing();
  playing.stoodAt = 0;
  playing.lips.begin('av');
  await seconds(60);
  expect(Math.abs(playing.held - (playing.soundTakes + AROUND))).toBeLessThan(12);
});

it('tells another track of the picture how long to wait', async () => {
  const playing = new Playing();
  playing.lips.begin('av');
  await seconds(10);
  const { held } = playing;
  playing.anotherTrack();
  expect(playing.held).toBe(0);
  await seconds(0.5);
  expect(playing.held).toBe(held);
});

it('tells when the newest sound comes out, of the page’s time, by what the output takes, also while nothing waits', async () => {
  const playing = new Playing();
  playing.outputMs = 120;
  await seconds(1);
  // Whoever asks first learns how long the output takes.
  expect(playing.lips.heard).toBeDefined();
  await seconds(0.1);
  const now = performance.now();
  const heard = playing.lips.heard;
  expect(Math.round((heard?.atMs ?? 0) - now)).toBe(122);
  expect(heard?.rtp).toBe(source(now, playing.soundTakes, 48).rtpTimestamp);
});
