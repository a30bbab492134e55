import { TouchAction } from '@ancloud/scrcpy-wire';
import type { ControlMessage, InjectTouch } from '@ancloud/scrcpy-wire';
import { describe, expect, it } from 'vitest';
import { ControlQueue, QUEUE_HARD_LIMIT, QUEUE_LIMIT } from './control-queue.js';

const touch = (action: TouchAction, finger: number, x = 0): InjectTouch => ({
  kind: 'injectTouch',
  action,
  pointerId: BigInt(finger),
  x,
  y: 0,
  width: 720,
  height: 1280,
  pressure: 1,
  actionButton: 0,
  buttons: 0,
});
const scroll: ControlMessage = {
  kind: 'injectScroll',
  x: 0,
  y: 0,
  width: 1,
  height: 1,
  hScroll: 0,
  vScroll: 1,
  buttons: 0,
};

describe('ControlQueue', () => {
  it('a waiting move of the same finger is replaced by the newer one, in place', () => {
    const queue = new ControlQueue();
    queue.push(touch(TouchAction.Down, 0));
    queue.push(touch(TouchAction.Move, 0, 1));
    queue.push(touch(TouchAction.Move, 1, 5));
    expect(queue.push(touch(TouchAction.Move, 0, 2))).toBe('replaced');
    expect(queue.takeAll()).toMatchObject([{ action: 0 }, { action: 2, x: 2 }, { action: 2, x: 5 }]);
    expect(queue.length).toBe(0);
  });

  it('never moves a move across a down or an up', () => {
    const queue = new ControlQueue();
    queue.push(touch(TouchAction.Move, 0, 1));
    queue.push(touch(TouchAction.Up, 0, 1));
    queue.push(touch(TouchAction.Down, 0, 9));
    expect(queue.push(touch(TouchAction.Move, 0, 8))).toBe('queued');
    expect(queue.takeAll()).toMatchObject([{ x: 1 }, { action: 1 }, { action: 0 }, { x: 8 }]);
  });

  it('full: moves and scrolls are dropped, downs and ups are not, until the hard limit', () => {
    const queue = new ControlQueue();
    for (let i = 0; i < QUEUE_LIMIT; i += 1) queue.push({ kind: 'injectText', text: 'x' });
    expect(queue.push(touch(TouchAction.Move, 0))).toBe('dropped');
    expect(queue.push(scroll)).toBe('dropped');
    expect(queue.dropped).toBe(2);
    for (let i = QUEUE_LIMIT; i < QUEUE_HARD_LIMIT; i += 1)
      expect(queue.push(touch(i % 2 === 0 ? TouchAction.Down : TouchAction.Up, 0))).toBe('queued');
    expect(queue.push(touch(TouchAction.Up, 0))).toBe('overflow');
    expect(queue.length).toBe(QUEUE_HARD_LIMIT);
  });

  it('resize is latest-wins, outside the limit, and leaves first', () => {
    const queue = new ControlQueue();
    queue.push(touch(TouchAction.Down, 0));
    queue.push({ kind: 'resizeDisplay', width: 1, height: 1 });
    expect(queue.push({ kind: 'resizeDisplay', width: 2, height: 3 })).toBe('replaced');
    expect(queue.takeAll()).toMatchObject([{ kind: 'resizeDisplay', width: 2 }, { kind: 'injectTouch' }]);
  });
});
