import type { LaneHandler } from '@ancloud/bus';
import { beforeEach, describe, expect, it } from 'vitest';
import { StraightLanes } from './straight-lanes.js';

let taken: string[];
let ended: number[];
let handlers: Map<number, LaneHandler>;
let fence: number;
let lanes: StraightLanes;
const say = (lane: number, text: string): void => handlers.get(lane)?.message(Buffer.from(text));

beforeEach(() => {
  taken = [];
  ended = [];
  handlers = new Map();
  fence = 7;
  lanes = new StraightLanes(
    'ph_1',
    {
      offer: (_, handler) => {
        const lane = handlers.size + 1;
        handlers.set(lane, handler);
        return { address: '', lane, secret: new Uint8Array(32) };
      },
      end: (lane) => ended.push(lane),
    },
    {
      get fence() {
        return fence;
      },
      straight: (of, bytes) => taken.push(`${of} ${Buffer.from(bytes).toString()}`),
    },
  );
});

describe('straight lanes', () => {
  it('are heard under their fence from when input-svc says so', () => {
    const { lane } = lanes.offer({ fence: 7, viewerId: 'a' });
    say(lane, 'one');
    lanes.begin(lane + 1);
    expect(taken).toEqual([]);
    lanes.begin(lane);
    say(lane, 'two');
    expect(taken).toEqual(['7 one', '7 two']);
  });

  it('end with their fence; those of a higher one stay', () => {
    const older = lanes.offer({ fence: 7, viewerId: 'a' });
    const old = lanes.offer({ fence: 8, viewerId: 'b' });
    const kept = lanes.offer({ fence: 9, viewerId: 'a' });
    lanes.over(8);
    // Once each.
    lanes.over(8);
    expect(ended).toEqual([older.lane, old.lane]);
    lanes.begin(kept.lane);
    say(kept.lane, 'x');
    expect(taken).toEqual(['9 x']);
  });

  it('take what waits when their sender is gone before they began', () => {
    const { lane } = lanes.offer({ fence: 7, viewerId: 'a' });
    say(lane, 'key');
    handlers.get(lane)?.closed?.();
    expect(taken).toEqual(['7 key']);
    // It is forgotten: there is nothing to end.
    lanes.over(8);
    expect(ended).toEqual([]);
  });

  it('are not offered for a fence that is over', () => {
    fence = 8;
    expect(() => lanes.offer({ fence: 7, viewerId: 'a' })).toThrow(
      expect.objectContaining({ code: 'CONTROL_NOT_HELD', field: 'fence' }),
    );
    expect(handlers.size).toBe(0);
  });
});
