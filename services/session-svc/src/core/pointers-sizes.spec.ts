import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import { describe, expect, it } from 'vitest';
import { finger, pointers, portrait, touch } from './pointers.fixture.js';

const landscape = { width: 1280, height: 720 };
const { TOUCH_ACTION_DOWN, TOUCH_ACTION_UP } = TouchAction;

describe('sizes', () => {
  it('injects in pixels of the screen what was touched on a smaller picture, inside its edges', () => {
    const { send } = pointers({ video: { width: 360, height: 640 }, screen: portrait });
    const small = { width: 360, height: 640 };
    const at = (x: number, y: number) => ({ finger: 0, x, y, pressure: 65_535 });
    const { messages } = send(touch(1, { ...small, action: TOUCH_ACTION_DOWN, fingers: [at(180, 320)] }));
    expect(messages[0]).toMatchObject({ x: 360, y: 640, ...portrait });
    expect(send(touch(2, { ...small, fingers: [at(5_000, 5_000)] })).said).toEqual(['MOVE 0 719,1279']);
  });

  it('a size of the same shape is scaled; rounding of the encoder does not matter', () => {
    const { send } = pointers({
      video: { width: 472, height: 1_024 },
      screen: { width: 1_080, height: 2_340 },
    });
    const result = send(
      touch(1, { width: 1_080, height: 2_340, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }),
    );
    expect(result.said).toEqual(['DOWN 0 100,200']);
  });

  it('a touch of the other rotation is dropped, and lifts what its gesture holds', () => {
    const { send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0), finger(1)] }));
    expect(send(touch(2, { ...landscape, fingers: [finger(1, 50)] }))).toMatchObject({
      said: ['UP 0 100,200', 'UP 1 200,200'],
      dropped: 'size',
    });
    expect(send(touch(3, { ...landscape, action: TOUCH_ACTION_UP }))).toMatchObject({ dropped: 'void' });
  });

  it('a touch that means any shape is the same part of the one that there is', () => {
    const { p, send } = pointers();
    const at = { finger: 0, x: 320, y: 540, pressure: 65_535 };
    const blind = { ...landscape, anyShape: true, fingers: [at] };
    expect(send(touch(1, { ...blind, action: TOUCH_ACTION_DOWN })).said).toEqual(['DOWN 0 180,960']);
    // Under a finger the picture turns for it as for anybody.
    p.resize({ video: landscape, screen: landscape });
    expect(send(touch(2, blind))).toMatchObject({ said: [], dropped: 'void' });
    expect(send(touch(1, { ...blind, gesture: 2, action: TOUCH_ACTION_DOWN })).said).toEqual([
      'DOWN 0 320,540',
    ]);
  });

  it('a lift of the other rotation is a lift', () => {
    const { send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    expect(send(touch(2, { ...landscape, action: TOUCH_ACTION_UP }))).toMatchObject({
      said: ['UP 0 100,200'],
      dropped: undefined,
    });
  });

  it.each([
    ['fingers', {}],
    ['a mouse', { mouse: true, buttons: 1 }],
  ])('a gesture of %s whose down was dropped for its size does not begin later', (_, by) => {
    const { send } = pointers();
    const down = touch(1, { ...by, ...landscape, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] });
    expect(send(down)).toMatchObject({ said: [], dropped: 'size' });
    expect(send(touch(2, { ...by, fingers: [finger(0)] }))).toMatchObject({ said: [], dropped: 'void' });
    const next = touch(1, { ...by, gesture: 2, action: TOUCH_ACTION_DOWN, fingers: [finger(0)] });
    expect(send(next).said).toHaveLength(1);
  });

  it('rotation lifts at the new size, inside the new screen, and voids the gesture', () => {
    const { p, send } = pointers();
    const low = { finger: 0, x: 700, y: 1_270, pressure: 65_535 };
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [low] }));
    const lifted = p.resize({ video: landscape, screen: landscape });
    expect(lifted).toMatchObject([{ action: 1, ...landscape, pressure: 0 }]);
    expect(lifted[0]?.x).toBeLessThan(1_280);
    expect(lifted[0]?.y).toBeLessThan(720);
    expect(send(touch(2, { ...landscape, fingers: [finger(0)] })).dropped).toBe('void');
  });

  it('another video size of the same screen keeps fingers where they are', () => {
    const { p, send } = pointers();
    send(touch(1, { action: TOUCH_ACTION_DOWN, fingers: [finger(0)] }));
    expect(p.resize({ video: { width: 360, height: 640 }, screen: portrait })).toEqual([]);
    expect(
      send(touch(2, { width: 360, height: 640, fingers: [{ ...finger(0), x: 50, y: 100 }] })).said,
    ).toEqual([]);
    expect(send(touch(3, { action: TOUCH_ACTION_UP })).said).toEqual(['UP 0 100,200']);
  });
});
