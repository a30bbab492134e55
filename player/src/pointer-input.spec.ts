import { describe, expect, it, onTestFinished, vi } from 'vitest';
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
  type Said = readonly [action: TouchAction, fingers: number];
  interface Mouse {
    readonly pressure?: number;
    readonly ctrlKey?: boolean;
  }

  /** A picture that the mouse is over, of a viewer that may touch or not. Answers whether the browser is kept from doing what it does by itself. */
  function picture(
    may: boolean,
    said: Said[] = [],
  ): (type: string, button: number, buttons: number, more?: Mouse) => boolean {
    const surface = Object.assign(new EventTarget(), {
      videoWidth: 720,
      videoHeight: 1_280,
      getBoundingClientRect: () => ({ left: 0, top: 0, width: 360, height: 640 }),
      setPointerCapture: () => undefined,
    });
    vi.stubGlobal('document', { createElement: () => ({ style: {}, remove: () => undefined }) });
    vi.stubGlobal('requestAnimationFrame', () => 0);
    const input = new PointerInput({
      surface: surface as unknown as HTMLVideoElement,
      rings: { append: () => undefined } as unknown as HTMLElement,
      touch: (bytes) => {
        const { input: message } = ViewerInput.decode(bytes);
        if (message?.$case === 'touch') said.push([message.value.action, message.value.fingers.length]);
      },
      scroll: () => undefined,
      may: () => may,
      holds: () => may,
      pressed: () => undefined,
      lifted: () => undefined,
    });
    onTestFinished(() => {
      input.cancel();
      vi.unstubAllGlobals();
    });
    return (type, button, buttons, more = {}) => {
      const mouse = { pointerId: 1, pointerType: 'mouse', clientX: 9, clientY: 9, pressure: 0.5, ...more };
      const event = Object.assign(new Event(type, { cancelable: true }), { ...mouse, button, buttons });
      surface.dispatchEvent(event);
      return event.defaultPrevented;
    };
  }

  it.each([
    ['a press', {}],
    ['a pinch', { ctrlKey: true }],
  ])(
    'that comes without the button of %s has let go of it unheard, and is heard when it presses again',
    (_, how) => {
      const said: Said[] = [];
      const mouse = picture(true, said);
      mouse('pointerdown', 0, 1, how);
      const fingers = said.length;
      mouse('pointermove', -1, 0);
      mouse('pointermove', -1, 0);
      expect(said.slice(fingers)).toEqual([[TouchAction.TOUCH_ACTION_CANCEL, 0]]);
      mouse('pointerdown', 0, 1, how);
      expect(said.at(-1)).toEqual([TouchAction.TOUCH_ACTION_DOWN, fingers]);
    },
  );

  it.each([true, false])(
    'goes back on the phone where the browser does by pointerup; may touch: %s',
    (may) => {
      const prevents = picture(may);
      expect([prevents('pointerdown', 3, 8), prevents('pointerup', 3, 0)]).toEqual([true, true]);
    },
  );

  it.each([true, false])(
    'goes back on the phone beside another button that is down; may touch: %s',
    (may) => {
      const prevents = picture(may);
      prevents('pointerdown', 0, 1);
      expect([prevents('pointermove', 3, 9), prevents('pointermove', 3, 1)]).toEqual([true, true]);
    },
  );
});
