import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Experience, summary } from './experience.js';
import type { PictureStats } from './stats.js';

const second = (over: Partial<PictureStats> = {}): PictureStats => ({
  fps: 60,
  bitRate: 4e6,
  rttMs: 20,
  relayed: undefined,
  packetsLost: 7,
  framesDropped: 9,
  decodeMs: 4,
  bufferMs: 16,
  soundBufferMs: undefined,
  width: 720,
  height: 1280,
  newFrames: 60,
  newDropped: 0,
  newLost: 0,
  ...over,
});

describe('summary', () => {
  it('weighs means by frames, adds what is new, takes the newest round trip', () => {
    const seconds = [
      second({ newFrames: 60, decodeMs: 2, bufferMs: 10, newLost: 3, rttMs: 50 }),
      second({ newFrames: 20, decodeMs: 10, bufferMs: 50, newDropped: 1 }),
      second({ newFrames: 0, decodeMs: 0, bufferMs: 0, rttMs: undefined, relayed: true }),
    ];
    expect(summary(seconds, { frames: 79, stalls: 1, stalledMs: 200 }, 3_000)).toEqual({
      spanMs: 3_000,
      frames: 79,
      framesDropped: 1,
      packetsLost: 3,
      stalls: 1,
      stalledMs: 200,
      rttMs: 20,
      decodeMs: 4,
      bufferMs: 20,
      relayed: true,
      score: expect.closeTo(5 - 4 * (200 / 300) - 2 / 80, 6),
    });
  });

  it('of a still screen is not a bad one', () => {
    const still = second({ newFrames: 0, decodeMs: 0, bufferMs: 0, rttMs: undefined });
    const report = summary([still, still], { frames: 0, stalls: 0, stalledMs: 0 }, 2_000);
    expect(report).toMatchObject({ frames: 0, rttMs: 0, score: 5 });
  });
});

describe('a report', () => {
  let spans: number[];
  /** Whether there is a connection. */
  let connected: boolean;
  let experience: Experience;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    vi.stubGlobal('document', new EventTarget());
    spans = [];
    connected = true;
    const picture = { id: 'in', type: 'inbound-rtp', kind: 'video', timestamp: 0 };
    experience = new Experience({
      video: {} as HTMLVideoElement,
      counters: () => Promise.resolve(connected ? (new Map([['in', picture]]) as RTCStatsReport) : undefined),
      hostMs: () => Promise.resolve(undefined),
      heard: () => undefined,
      measured: () => undefined,
      report: ({ spanMs }) => spans.push(spanMs),
    });
  });
  afterEach(() => {
    experience.close();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('covers the time in which there was something to see, not that of a connection that was made anew', async () => {
    await vi.advanceTimersByTimeAsync(7_000);
    connected = false;
    await vi.advanceTimersByTimeAsync(90_000);
    connected = true;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(spans).toEqual([5_000, 5_000]);
  });

  it('of a page that slept is one that the farm takes', async () => {
    await vi.advanceTimersByTimeAsync(4_000);
    const slept = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(1_000);
    slept.mockRestore();
    expect(spans).toEqual([4_000 + 12_000]);
  });
});
