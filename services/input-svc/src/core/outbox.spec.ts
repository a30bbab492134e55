import { describe, expect, it } from 'vitest';
import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import type { ControlEvent } from '@ancloud/contracts/input/v1/input';
import { Outbox } from './outbox.js';

type Event = NonNullable<ControlEvent['event']>;
const touch = (
  sequence: number,
  action = TouchAction.TOUCH_ACTION_MOVE,
  gesture = 1,
): [Event, { gesture: number; sequence: number; fingersDown: number; move: boolean }] => [
  {
    $case: 'touch',
    value: {
      gesture,
      sequence,
      action,
      finger: 0,
      fingers: [],
      buttons: 0,
      mouse: false,
      width: 1,
      height: 1,
      anyShape: false,
    },
  },
  { gesture, sequence, fingersDown: 1, move: action === TouchAction.TOUCH_ACTION_MOVE },
];
const sequences = (outbox: Outbox<Event>): number[] =>
  outbox.take().map((event) => (event.$case === 'touch' ? event.value.sequence : -1));

describe('Outbox', () => {
  it('keeps the newest of the moves that follow each other', () => {
    const outbox = new Outbox<Event>();
    outbox.add(...touch(1, TouchAction.TOUCH_ACTION_DOWN));
    for (let i = 2; i < 50; i++) outbox.add(...touch(i));
    outbox.add(...touch(50, TouchAction.TOUCH_ACTION_UP));
    expect(sequences(outbox)).toEqual([1, 49, 50]);
    expect(outbox.merged).toBe(47);
  });

  it('does not merge over a key or into another gesture', () => {
    const outbox = new Outbox<Event>();
    outbox.add(...touch(1));
    outbox.add(
      { $case: 'key', value: { down: true, keycode: 4, repeat: 0, metastate: 0, beats: false } },
      undefined,
    );
    outbox.add(...touch(2));
    outbox.add(...touch(1, TouchAction.TOUCH_ACTION_MOVE, 2));
    expect(sequences(outbox)).toEqual([1, -1, 2, 1]);
  });

  it('drops moves, never ups, when full', () => {
    const outbox = new Outbox<Event>(2);
    outbox.add(...touch(1, TouchAction.TOUCH_ACTION_DOWN));
    outbox.add(...touch(2, TouchAction.TOUCH_ACTION_DOWN));
    expect(outbox.add(...touch(3))).toBe(false);
    expect(outbox.add(...touch(4, TouchAction.TOUCH_ACTION_UP))).toBe(true);
    expect(outbox.dropped).toBe(1);
    expect(sequences(outbox)).toEqual([1, 2, 4]);
    expect(outbox.length).toBe(0);
  });
});
