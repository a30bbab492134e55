import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import type { ScaledTouch } from '@ancloud/contracts/input/v1/input';
import { parseScrcpyVersion, serializeControl } from '@ancloud/scrcpy-wire';
import { describe, expect, it } from 'vitest';
import { GESTURE_MEMORY_MS } from '@ancloud/kit/input-translation';
import { finger, pointers, touch, words } from './pointers.fixture.js';

const version = parseScrcpyVersion('4.1');
const { TOUCH_ACTION_DOWN, TOUCH_ACTION_UP, TOUCH_ACTION_CANCEL, TOUCH_ACTION_HOVER } = TouchAction;

describe('finger reconciliation', () => {
  it('writes a tap as these bytes', () => {
    const { send } = pointers();
    const down = send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] })).messages;
    const up = send(touch(2, { action: TOUCH_ACTION_UP })).messages;
    const bytes = [...down, ...up].map((m) => Buffer.from(serializeControl(m, version)).toString('hex'));
    expect(bytes).toEqual([
      // type, DOWN, finger 0, x=100, y=200, 720×1280, pressure 1.0, no buttons
      '02 00 0000000000000000 00000064 000000c8 02d0 0500 ffff 00000000 00000000'.replaceAll(' ', ''),
      '02 01 0000000000000000 00000064 000000c8 02d0 0500 0000 00000000 00000000'.replaceAll(' ', ''),
    ]);
  });

  it('drags: a move that repeats the place is not written', () => {
    const { send } = pointers();
    expect(send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] })).said).toEqual([
      'DOWN 0 100,200',
    ]);
    expect(send(touch(2, { fingers: [finger(0, 5)] })).said).toEqual(['MOVE 0 105,200']);
    expect(send(touch(3, { fingers: [finger(0, 5)] })).said).toEqual([]);
    expect(send(touch(4, { action: TOUCH_ACTION_UP })).said).toEqual(['UP 0 105,200']);
  });

  it('a move that overtakes its down presses the finger, and the late down does nothing', () => {
    const { send } = pointers();
    expect(send(touch(2, { fingers: [finger(0, 3)] })).said).toEqual(['DOWN 0 103,200']);
    expect(send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }))).toMatchObject({
      said: [],
      dropped: 'stale',
    });
  });

  it('a move after the last up makes no phantom finger', () => {
    const { p, send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    send(touch(3, { action: TOUCH_ACTION_UP }));
    expect(send(touch(2, { fingers: [finger(0, 9)] }))).toMatchObject({ said: [], dropped: 'stale' });
    expect(p.held).toBe(0);
  });

  it('an old gesture is remembered for 2 s, then a viewer that counts from 1 again is heard', () => {
    const { send } = pointers();
    send(touch(1, { gesture: 50, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }), 0);
    send(touch(2, { gesture: 50, action: TOUCH_ACTION_UP }), 10);
    const restarted = touch(1, { gesture: 1, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] });
    expect(send(restarted, 9 + GESTURE_MEMORY_MS).dropped).toBe('stale');
    expect(send(restarted, 10 + GESTURE_MEMORY_MS).said).toEqual(['DOWN 0 100,200']);
  });

  it('heals lost messages: second finger pressed and first lifted in between', () => {
    const { send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    expect(send(touch(9, { fingers: [finger(1), finger(2)] })).said).toEqual([
      'UP 0 100,200',
      'DOWN 1 200,200',
      'DOWN 2 300,200',
    ]);
  });

  it('moves the fingers that stay before it presses a new one', () => {
    const { send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    expect(
      send(touch(2, { action: TOUCH_ACTION_DOWN, finger: 1, fingers: [finger(0, 7), finger(1)] })).said,
    ).toEqual(['MOVE 0 107,200', 'DOWN 1 200,200']);
  });

  it('a newer down of a finger that is down lifts it first: its up was overtaken', () => {
    const { send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    expect(send(touch(5, { action: TOUCH_ACTION_DOWN, fingers: [finger(0, 1)] })).said).toEqual([
      'UP 0 100,200',
      'DOWN 0 101,200',
    ]);
  });

  it('a new gesture lifts what the old one left down', () => {
    const { send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0), finger(3)] }));
    expect(send(touch(1, { gesture: 2, action: TOUCH_ACTION_DOWN, fingers: [finger(0, 4)] })).said).toEqual([
      'UP 0 100,200',
      'UP 3 400,200',
      'DOWN 0 104,200',
    ]);
  });

  it('counts through the wrap of both 32-bit counters', () => {
    const { send } = pointers();
    const last = 0xffff_ffff;
    send(touch(last, { gesture: last, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    expect(send(touch(0, { gesture: last, fingers: [finger(0, 1)] })).said).toEqual(['MOVE 0 101,200']);
    expect(send(touch(1, { gesture: 0, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] })).said).toEqual([
      'UP 0 101,200',
      'DOWN 0 100,200',
    ]);
  });

  it('cancel lifts by UP, never by CANCEL, and voids the gesture', () => {
    const { send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0), finger(1)] }));
    expect(send(touch(2, { action: TOUCH_ACTION_CANCEL })).said).toEqual(['UP 0 100,200', 'UP 1 200,200']);
    expect(send(touch(3, { fingers: [finger(0)] }))).toMatchObject({ said: [], dropped: 'void' });
  });

  it('after a lift the same gesture stays void however long it goes on; the next one is heard', () => {
    const { p, send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }), 0);
    expect(words(p.lift())).toEqual(['UP 0 100,200']);
    for (let i = 2; i < 30; i += 1)
      expect(send(touch(i, { fingers: [finger(0, i)] }), i * 250)).toMatchObject({
        said: [],
        dropped: 'void',
      });
    expect(
      send(touch(1, { gesture: 2, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }), 7_500).said,
    ).toEqual(['DOWN 0 100,200']);
  });

  it('a lost socket forgets without a word; late moves press nothing', () => {
    const { p, send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    p.forget();
    expect(p.held).toBe(0);
    expect(send(touch(2, { fingers: [finger(0, 3)] }))).toMatchObject({ said: [], dropped: 'void' });
  });

  it('another holder begins with his own numbers', () => {
    const { p, send } = pointers();
    send(touch(7, { gesture: 90, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    expect(words(p.liftForNewHolder())).toEqual(['UP 0 100,200']);
    expect(send(touch(1, { gesture: 1, action: TOUCH_ACTION_DOWN, fingers: [finger(1)] })).said).toEqual([
      'DOWN 1 200,200',
    ]);
  });

  it.each([
    ['eleven fingers', { fingers: Array.from({ length: 11 }, (_, i) => finger(i)) }],
    ['a finger twice', { fingers: [finger(1), finger(1)] }],
    ['finger 10', { fingers: [finger(10)] }],
    ['no size', { fingers: [finger(0)], width: 0 }],
  ])('refuses %s', (_name, over) => {
    expect(pointers().send(touch(1, over))).toMatchObject({ said: [], dropped: 'malformed' });
  });

  it('takes a pressure of 0 for a finger without sensor', () => {
    const { messages } = pointers().send(
      touch(1, { action: TOUCH_ACTION_DOWN, fingers: [{ finger: 0, x: 1, y: 1, pressure: 0 }] }),
    );
    expect(messages[0]?.pressure).toBe(1);
  });
});

describe('mouse', () => {
  const at = (x: number) => [{ finger: 0, x, y: 20, pressure: 65_535 }];
  const mouse = (sequence: number, over: Partial<ScaledTouch>) => touch(sequence, { mouse: true, ...over });

  it('hovers, presses, drags and releases as pointer -1 with its button', () => {
    const { send } = pointers();
    expect(send(mouse(1, { action: TOUCH_ACTION_HOVER, fingers: at(10) })).said).toEqual([
      'HOVER mouse 10,20',
    ]);
    const down = send(mouse(2, { action: TOUCH_ACTION_DOWN, fingers: at(10), buttons: 1 })).messages;
    expect(Buffer.from(serializeControl(down[0]!, version)).toString('hex')).toBe(
      '02 00 ffffffffffffffff 0000000a 00000014 02d0 0500 ffff 00000001 00000001'.replaceAll(' ', ''),
    );
    expect(send(mouse(3, { fingers: at(30), buttons: 1 })).messages).toMatchObject([
      { action: 2, x: 30, actionButton: 0, buttons: 1 },
    ]);
    expect(send(mouse(4, { action: TOUCH_ACTION_UP })).messages).toMatchObject([
      { action: 1, x: 30, actionButton: 1, buttons: 0, pressure: 0 },
    ]);
  });

  it('a second button changes alone', () => {
    const { send } = pointers();
    send(mouse(1, { action: TOUCH_ACTION_DOWN, fingers: at(10), buttons: 1 }));
    expect(send(mouse(2, { action: TOUCH_ACTION_DOWN, fingers: at(10), buttons: 3 })).messages).toMatchObject(
      [{ action: 0, actionButton: 2, buttons: 3 }],
    );
    expect(send(mouse(3, { fingers: at(10), buttons: 2 })).messages).toMatchObject([
      { action: 1, actionButton: 1, buttons: 2 },
    ]);
  });

  it('a hover newer than the press releases it; an older one is dropped', () => {
    const { p, send } = pointers();
    send(mouse(5, { action: TOUCH_ACTION_DOWN, fingers: at(10), buttons: 1 }));
    expect(send(mouse(4, { action: TOUCH_ACTION_HOVER, fingers: at(9) })).dropped).toBe('stale');
    expect(send(mouse(6, { action: TOUCH_ACTION_HOVER, fingers: at(12) })).said).toEqual([
      'UP mouse 10,20',
      'HOVER mouse 12,20',
    ]);
    expect(p.held).toBe(0);
  });
});
