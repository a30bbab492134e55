import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { holdOf, Lips } from './lips.js';

const waited = (seconds: number, samples: number) => ({
  jitterBufferDelay: seconds,
  jitterBufferEmittedCount: samples,
});

describe('holdOf', () => {
  // 48,000 samples that waited 70 ms each have waited 3,360 s together.
  it.each([
    ['is what samples waited since the last look, and what sound needs around it', 3_360, 48_000, 0, 110],
    ['stays for less than a step', 3_360, 48_000, 95, 95],
    ['falls with the sound', 960, 48_000, 110, 60],
    ['stays while no sound came', 0, 0, 110, 110],
    ['stays when the counts began anew', -9_000, -100_000, 110, 110],
    ['does not follow a connection in trouble', 96_000, 48_000, 110, 400],
  ])('%s', (_, seconds, samples, held, hold) => {
    const before = waited(10_000, 200_000);
    expect(holdOf(before, waited(10_000 + seconds, 200_000 + samples), held)).toBe(hold);
  });
});

describe('Lips', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('holds every picture there is back while it is wished, and none after', async () => {
    const picture = { jitterBufferTarget: 0 };
    const swapped = { jitterBufferTarget: 0 };
    const receivers = [picture];
    let heard = waited(0, 0);
    const lips = new Lips(
      () =>
        [
          { kind: 'audio', getStats: async () => new Map([['in', { type: 'inbound-rtp', ...heard }]]) },
          ...receivers.map((rtpReceiver) => ({
            kind: 'video',
            rtpReceiver,
            getStats: async () => new Map(),
          })),
        ] as unknown as ReturnType<ConstructorParameters<typeof Lips>[0]>,
    );
    const second = (): Promise<unknown> => {
      heard = waited(heard.jitterBufferDelay + 3_360, heard.jitterBufferEmittedCount + 48_000);
      return vi.advanceTimersByTimeAsync(1_000);
    };
    lips.begin();
    await second();
    expect(picture.jitterBufferTarget).toBe(0);
    await second();
    expect(picture.jitterBufferTarget).toBe(110);
    // Another layer's track begins as fast as it can.
    receivers.push(swapped);
    await second();
    expect(swapped.jitterBufferTarget).toBe(110);

    lips.rest();
    expect([picture, swapped].map(({ jitterBufferTarget }) => jitterBufferTarget)).toEqual([0, 0]);
    await second();
    await second();
    expect(picture.jitterBufferTarget).toBe(0);
  });
});
