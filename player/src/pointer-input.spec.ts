import { afterEach, describe, expect, it, vi } from 'vitest';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { pinch, PointerInput, thinned, wheelSteps } from './pointer-input.js';
import { Touches } from './touches.js';

describe('wheelSteps', () => {
  it.each([
    [
      'a notch down is one step down',
      { deltaX: 0, deltaY: 100, deltaMode: 0 },
      { horizontal: 0, vertical: -100 },
    ],
    ['right stays right', { deltaX: 40, deltaY: 0, deltaMode: 0 }, { horizontal: 40, vertical: 0 }],
    ['three lines are one step', { deltaX: 0, deltaY: -3, deltaMode: 1 }, { horizontal: 0, vertical: 100 }],
    [
      'never beyond the full scale',
      { deltaX: -9e9, deltaY: 9e9, deltaMode: 2 },
      { horizontal: -1_600, vertical: -1_600 },
    ],
  ])('%s', (_, event, steps) => expect(wheelSteps(event)).toEqual(steps));
});

describe('thinned', () => {
  it.each([
    [[], [9]],
    [[1], [1]],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
    [
      [1, 2, 3, 4, 5, 6],
      [2, 4, 6],
    ],
    [
      [1, 2, 3, 4],
      [1, 3, 4],
    ],
  ])('%j → %j', (all, kept) => expect(thinned(all, 9)).toEqual(kept));
});

describe('pinch', () => {
  it('is two fingers, the second across the middle, each with a message for its down and its up', () => {
    const said: string[] = [];
    const touches = new Touches(
      (bytes) => {
        const { input } = ViewerInput.decode(bytes);
        if (input?.$case !== 'touch') return;
        const { action, finger, fingers, mouse, buttons } = input.value;
        const held = fingers.map((one) => `${one.finger}:${one.x},${one.y}`).join(' ');
        expect([mouse, buttons]).toEqual([false, 0]);
        said.push(`${TouchAction[action].slice(13)}${finger} ${held}`);
      },
      { videoWidth: 720, videoHeight: 1280 },
    );
    const mouse = { id: 1, x: 0.25, y: 0.5, pressure: 0.5, mouse: true, buttons: 1 };
    for (const one of pinch(mouse)) touches.down(one);
    for (const one of pinch({ ...mouse, x: 0 })) touches.move(one);
    for (const one of pinch({ ...mouse, x: 0 })) touches.up(one);
    expect(said).toEqual([
      'DOWN0 0:16384,32768',
      'DOWN1 0:16384,32768 1:49151,32768',
      'MOVE0 0:0,32768 1:49151,32768',
      'MOVE1 0:0,32768 1:65535,32768',
      'UP0 1:65535,32768',
      'UP1 ',
    ]);
    expect(touches.fingers).toBe(0);
  });
});

describe('a mouse', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.each([
    ['a press', {}],
    ['a pinch', { ctrlKey: true }],
  ])(
    'that comes without the button of %s has let go of it unheard, and is heard when it presses again',
    (_, how) => {
      vi.stubGlobal('document', { createElement: () => ({ style: {}, remove: () => undefined }) });
      vi.stubGlobal('requestAnimationFrame', () => 0);
      const surface = Object.assign(new EventTarget(), {
        videoWidth: 720,
        videoHeight: 1280,
        setPointerCapture: () => undefined,
        getBoundingClientRect: () => ({ left: 0, top: 0, width: 720, height: 1280 }),
      });
      const said: unknown[] = [];
      const pointers = new PointerInput({
        surface: surface as unknown as HTMLVideoElement,
        rings: { append: () => undefined } as unknown as HTMLElement,
        touch: (bytes) => {
          const { input } = ViewerInput.decode(bytes);
          if (input?.$case === 'touch') said.push([input.value.action, input.value.fingers.length]);
        },
        scroll: () => undefined,
        may: () => true,
        holds: () => true,
        pressed: () => undefined,
        lifted: () => undefined,
      });
      const mouse = (type: string, buttons: number): void => {
        const event = {
          pointerId: 1,
          pointerType: 'mouse',
          button: 0,
          buttons,
          clientX: 100,
          clientY: 200,
          pressure: 0,
        };
        surface.dispatchEvent(Object.assign(new Event(type), event, how));
      };
      mouse('pointerdown', 1);
      const fingers = said.length;
      mouse('pointermove', 0);
      mouse('pointermove', 0);
      expect(said.slice(fingers)).toEqual([[TouchAction.TOUCH_ACTION_CANCEL, 0]]);
      mouse('pointerdown', 1);
      expect(said.at(-1)).toEqual([TouchAction.TOUCH_ACTION_DOWN, fingers]);
      pointers.cancel();
    },
  );
});
