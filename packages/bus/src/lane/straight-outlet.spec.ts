import { subjects } from '@ancloud/contracts';
import type { LaneOffer } from '@ancloud/contracts/input/v1/input';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { AppError, createLog, realClock } from '@ancloud/kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenLane } from './lane-link.js';
import { StraightOutlet } from './straight-outlet.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const key = (keycode: number): Uint8Array =>
  ViewerInput.encode(
    ViewerInput.fromPartial({ input: { $case: 'key', value: { down: true, keycode } } }),
  ).finish();
const heartbeat = ViewerInput.encode(
  ViewerInput.fromPartial({ input: { $case: 'heartbeat', value: { gesture: 1 } } }),
).finish();
const wish = ViewerInput.encode(
  ViewerInput.fromPartial({ input: { $case: 'control', value: { want: true } } }),
).finish();
/** `key 29`, as it stands in the notes. */
const named = (bytes: Uint8Array): string => {
  const { input } = ViewerInput.decode(bytes);
  return input?.$case === 'key' ? `key ${input.value.keycode}` : `${input?.$case}`;
};

/** A bus and a dialer that notes which way each message took. Lane 1 leads to input-svc, those from 2 on straight to the session. */
async function world() {
  const ways: string[] = [];
  const sent = { lane: 0, bus: 0, straight: 0 };
  const closers = new Map<number, () => void>();
  const broken = new Set<number>();
  let holds = true;
  let asked = 0;
  let next = 1;
  const lane = (id: number): OpenLane => {
    const way = id === 1 || !straights.has(id) ? 'input' : 'straight';
    const note = (what: string): boolean => !broken.has(id) && ways.push(what) > 0;
    return {
      lane: id,
      send: (bytes) => note(`${way} ${named(bytes)}`),
      straight: (other) => note(`straight begins ${other}`),
      copy: (bytes) => note(`copy ${named(bytes)}`),
      close: () => void ways.push(`${way} closed`),
    };
  };
  const straights = new Set<number>();
  const outlet = new StraightOutlet({
    bus: {
      outlet: () => ({
        subject: 'ancloud.input.ph_a.vw_a.control',
        publish: () => true,
        publishRaw: (bytes: Uint8Array) => ways.push(`bus ${named(bytes)}`) > 0,
      }),
      request: async (subject: { template: string }) => {
        const straight = subject.template === subjects.straightLane.template;
        if (straight) asked += 1;
        if (straight && !holds) throw new AppError('CONTROL_NOT_HELD', 'no');
        const offer: LaneOffer = { address: 'unix:/x', lane: next, secret: new Uint8Array(32) };
        next += 1;
        if (straight) straights.add(offer.lane);
        return offer as never;
      },
    },
    dialer: {
      open: async (offer, closed) => {
        closers.set(offer.lane, closed);
        return lane(offer.lane);
      },
    },
    params: { phone: 'ph_a', viewer: 'vw_a', role: 'control' },
    sent,
    clock: realClock,
    log: createLog({ service: 'spec', level: 'silent' }),
  });
  await vi.advanceTimersByTimeAsync(0);
  return {
    outlet,
    ways,
    sent,
    asked: () => asked,
    says: async (...messages: Uint8Array[]) => {
      for (const bytes of messages) {
        expect(outlet.publishRaw(bytes)).toBe(true);
        await vi.advanceTimersByTimeAsync(0);
      }
    },
    holds: (now: boolean) => void (holds = now),
    breaks: (id: number) => closers.get(id)?.(),
    stuck: (id: number) => broken.add(id),
  };
}

describe('a viewer’s messages', () => {
  it('go to input-svc first, then straight to the session, with a copy behind', async () => {
    const w = await world();
    await w.says(key(1), key(2), key(3));
    expect(w.ways).toEqual([
      'input key 1',
      'straight begins 2',
      'straight key 2',
      'copy key 2',
      'straight key 3',
      'copy key 3',
    ]);
    expect([w.asked(), w.sent]).toEqual([1, { lane: 1, bus: 0, straight: 2 }]);
  });

  it('go to input-svc when they are for it: heartbeats and wishes', async () => {
    const w = await world();
    await w.says(heartbeat, wish);
    expect(w.asked()).toBe(0);
    await w.says(key(1), heartbeat, wish);
    expect(w.ways.slice(-2)).toEqual(['input heartbeat', 'input control']);
  });

  it('go by input-svc when it does not hold the controls; it is asked again by and by', async () => {
    const w = await world();
    w.holds(false);
    for (let i = 0; i < 1_000; i += 1) {
      await w.says(key(1));
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(w.sent).toEqual({ lane: 1_000, bus: 0, straight: 0 });
    expect(w.asked()).toBeGreaterThan(4);
    expect(w.asked()).toBeLessThan(20);
    w.holds(true);
    await vi.advanceTimersByTimeAsync(2_000);
    await w.says(key(2), key(3));
    expect(w.ways.at(-1)).toBe('copy key 3');
  });

  it('go by input-svc when the session closes the lane, until there is another', async () => {
    const w = await world();
    await w.says(key(1), key(2));
    w.breaks(2);
    await w.says(key(3), key(4));
    expect(w.ways.slice(4)).toEqual(['input key 3', 'straight begins 3', 'straight key 4', 'copy key 4']);
  });

  it('do not go straight when input-svc is lost: the next one knows nothing of the lane', async () => {
    const w = await world();
    await w.says(key(1), key(2));
    w.breaks(1);
    await w.says(key(3));
    expect(w.ways.slice(4)).toEqual(['straight closed', 'bus key 3']);
  });

  it('are sent once: not again when the copy cannot go, and by input-svc when the session does not read', async () => {
    const w = await world();
    await w.says(key(1), key(2));
    w.stuck(1);
    await w.says(key(3));
    expect(w.ways.slice(4)).toEqual(['straight key 3', 'straight closed']);
    const v = await world();
    await v.says(key(1), key(2));
    v.stuck(2);
    await v.says(key(3));
    expect(v.ways.slice(4, 6)).toEqual(['straight closed', 'input key 3']);
  });

  it('end with their outlet', async () => {
    const w = await world();
    await w.says(key(1), key(2));
    w.outlet.close();
    w.outlet.close();
    expect(w.ways.slice(4)).toEqual(['straight closed', 'input closed']);
  });
});
