import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PtsClock, RtpTimeline } from './index.js';

const video = (over: Partial<ConstructorParameters<typeof RtpTimeline>[0]> = {}): RtpTimeline =>
  new RtpTimeline({ ssrc: 1, payloadType: 96, clockRate: 90_000, sequence: 0, ...over });

/** Distance from a to b on the 32-bit circle, −2^31 … 2^31 − 1. */
const step = (a: number, b: number): number => (b - a) | 0;

describe('RtpTimeline', () => {
  it('is the host clock in ticks, for Unix time too', () => {
    expect(video().stamp(1_000_000)).toBe(90_000);
    // 2026-11-23 18:00 UTC: 161,310,960,000,000 + ticks, wrapped to 32 bits
    const unixUs = 1_795_456_800_000_000;
    expect(video().stamp(unixUs)).toBe(Number(((BigInt(unixUs) * 9n) / 100n) % (1n << 32n)));
    expect(video({ timestampOffset: 0xffff_ffff }).stamp(1_000_000)).toBe(89_999);
  });

  it('always grows, whatever the times', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })), (times) => {
        const timeline = video({ timestampOffset: 0xffff_fff0 });
        const stamps = times.map((time) => timeline.stamp(time));
        const steps = stamps.slice(1).map((now, i) => step(stamps[i]!, now));
        expect(steps.filter((ticks) => ticks <= 0)).toEqual([]);
      }),
    );
  });

  it('goes on where a restarted sender takes the state up', () => {
    const old = video({ sequence: 0xffff });
    old.stamp(10_000_000);
    expect([old.next(100), old.next(50)]).toEqual([0xffff, 0]);
    expect(old.state).toEqual({ ssrc: 1, sequence: 1, timestamp: 900_000, packetCount: 2, octetCount: 150 });
    const next = video({ sequence: old.state.sequence });
    expect(next.next(1)).toBe(1);
    expect(step(old.state.timestamp!, next.stamp(10_000_100))).toBe(9);
  });

  it.each([
    { ssrc: -1 },
    { payloadType: 128 },
    { sequence: 65_536 },
    { clockRate: 0 },
    { timestampOffset: 2 ** 32 },
  ])('refuses %o', (wrong) => {
    expect(() => video(wrong)).toThrow(
      expect.objectContaining({
        code: 'RTP_VALUE',
        message: expect.stringContaining(Object.keys(wrong)[0]!) as string,
      }),
    );
  });
});

describe('PtsClock', () => {
  it('corrects a late first frame and never lies in the future', () => {
    const clock = new PtsClock();
    expect(clock.toHostUs(5_000_000, 900_000)).toBe(900_000);
    expect(clock.toHostUs(5_016_000, 886_000)).toBe(886_000); // came 30 ms sooner than the first suggests
    expect(clock.toHostUs(5_032_000, 950_000)).toBe(902_000); // late: its time is still the phone's
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1e9), fc.nat(1e9))), (frames) => {
        const any = new PtsClock();
        for (const [pts, now] of frames) expect(any.toHostUs(pts, now)).toBeLessThanOrEqual(now);
      }),
    );
  });

  it('takes the times of a phone that has its host’s clock as they are', () => {
    const clock = new PtsClock();
    // A slow start, a usual picture, one that waited.
    expect(clock.toHostUs(900_000_000, 900_400_000)).toBe(900_000_000);
    expect(clock.toHostUs(900_417_000, 900_423_000)).toBe(900_417_000);
    expect(clock.toHostUs(900_434_000, 900_690_000)).toBe(900_434_000);
    // Told for when it is to be seen: still not in the future, and in step with those after it.
    expect(clock.toHostUs(900_700_000, 900_696_000)).toBe(900_696_000);
    expect(clock.toHostUs(900_717_000, 900_720_000)).toBe(900_713_000);
  });

  it('follows a new base by itself and when told, and the stream’s time goes on', () => {
    const clock = new PtsClock();
    const timeline = video();
    const stamps = [
      [5_000_000, 1_000_000],
      [5_033_000, 1_033_000],
      [0, 1_100_000], // a new encoder that counts from 0
      [33_000, 1_133_000],
      [9_000_000_000, 1_150_000], // and one that counts from boot
      [9_000_033_000, 1_183_000],
    ].map(([pts, now]) => timeline.stamp(clock.toHostUs(pts!, now!)));
    expect(stamps).toEqual([90_000, 92_970, 99_000, 101_970, 103_500, 106_470]);
    clock.rebase();
    expect(clock.toHostUs(9_000_066_000, 1_500_000)).toBe(1_500_000);
  });
});
