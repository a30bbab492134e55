import { subjects } from '@ancloud/contracts';
import type { LaneOffer } from '@ancloud/contracts/input/v1/input';
import { AppError, createLog, realClock } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LaneOutlet } from './lane-outlet.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const offer: LaneOffer = { address: 'unix:/x', lane: 1, secret: new Uint8Array(32) };

/** A bus and a dialer that answer when told to, and note which way each message took. */
function world() {
  const ways: string[] = [];
  const sent = { lane: 0, bus: 0 };
  let asked = 0;
  let answer = Promise.withResolvers<LaneOffer>();
  let closed = (): void => {};
  let working = true;
  const outlet = new LaneOutlet({
    bus: {
      outlet: () => ({
        subject: 'ancloud.control.ph_a',
        publish: () => true,
        publishRaw: (bytes: Uint8Array) => ways.push(`bus ${bytes[0]}`) > 0,
      }),
      request: () => {
        asked += 1;
        return answer.promise as Promise<never>;
      },
    },
    dialer: {
      open: (_, onClosed) => {
        closed = onClosed;
        return Promise.resolve({
          lane: 1,
          send: (bytes) => working && ways.push(`lane ${bytes[0]}`) > 0,
          straight: () => false,
          copy: () => false,
          close: () => void ways.push('closed'),
        });
      },
    },
    subject: subjects.control,
    lane: subjects.controlLane,
    params: { phone: 'ph_a' },
    sent,
    clock: realClock,
    log: createLog({ service: 'spec', level: 'silent' }),
  });
  return {
    outlet,
    ways,
    sent,
    asked: () => asked,
    offers: async () => {
      answer.resolve(offer);
      await vi.advanceTimersByTimeAsync(0);
    },
    refuses: async (code: 'UNAVAILABLE' | 'FORBIDDEN') => {
      answer.reject(new AppError(code, 'no'));
      await vi.advanceTimersByTimeAsync(0);
    },
    again: () => void (answer = Promise.withResolvers<LaneOffer>()),
    breaks: () => closed(),
    stuck: () => void (working = false),
    send: (n: number) => outlet.publishRaw(Uint8Array.of(n)),
  };
}

describe('an outlet with a lane', () => {
  it('asks at once, and sends by the lane when it is open', async () => {
    const w = world();
    expect(w.asked()).toBe(1);
    await w.offers();
    w.send(1);
    expect(w.ways).toEqual(['lane 1']);
    expect(w.sent).toEqual({ lane: 1, bus: 0 });
  });

  it('sends by NATS meanwhile, and changes over only when nothing has since it asked', async () => {
    const w = world();
    w.send(1);
    await w.offers();
    w.send(2);
    expect(w.ways).toEqual(['bus 1', 'closed', 'bus 2']);
    // Quiet between asking and answer.
    await vi.advanceTimersByTimeAsync(250);
    w.send(3);
    expect(w.ways.slice(3)).toEqual(['lane 3']);
    expect(w.asked()).toBe(2);
  });

  it('goes by NATS when the lane breaks, and asks again', async () => {
    const w = world();
    await w.offers();
    w.again();
    w.breaks();
    w.send(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(w.asked()).toBe(2);
    await w.offers();
    // Sent while nobody had been asked: the answer came after it.
    w.send(2);
    expect(w.ways).toEqual(['bus 1', 'lane 2']);
  });

  it('loses no message to a peer that does not read', async () => {
    const w = world();
    await w.offers();
    w.again();
    w.stuck();
    expect(w.send(1)).toBe(true);
    expect(w.ways).toEqual(['bus 1']);
  });

  it('asks again when nobody offers, less and less often, and at once when told that somebody new may', async () => {
    const w = world();
    await w.refuses('UNAVAILABLE');
    await vi.advanceTimersByTimeAsync(60_000);
    const before = w.asked();
    expect(before).toBeGreaterThan(3);
    expect(before).toBeLessThan(25);
    w.again();
    w.outlet.renew();
    w.outlet.renew();
    await vi.advanceTimersByTimeAsync(0);
    expect(w.asked()).toBe(before + 1);
    await w.offers();
    w.send(1);
    expect(w.ways).toEqual(['lane 1']);
  });

  it('closes a lane that comes after its own end, and asks no more', async () => {
    const w = world();
    w.outlet.close();
    await w.offers();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(w.ways).toEqual(['closed']);
    expect(w.asked()).toBe(1);
  });
});
