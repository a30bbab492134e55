import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { normalised, Touches } from './touches.js';

const at = (id: number, x: number, y: number): Parameters<Touches['down']>[0] => ({
  id,
  x,
  y,
  pressure: 0.5,
  mouse: false,
  buttons: 1,
});

describe('Touches', () => {
  let said: { message: ViewerInput; move: boolean }[];
  let touches: Touches;
  let picture: { videoWidth: number; videoHeight: number };
  const words = (): unknown[] =>
    said.map(({ message: { input } }) =>
      input?.$case === 'touch'
        ? [input.value.action, input.value.finger, input.value.fingers.map((f) => f.finger)]
        : input?.$case,
    );

  beforeEach(() => {
    vi.useFakeTimers();
    said = [];
    picture = { videoWidth: 720, videoHeight: 1280 };
    touches = new Touches((bytes, move) => said.push({ message: ViewerInput.decode(bytes), move }), picture);
  });
  afterEach(() => vi.useRealTimers());

  it('names the picture that is shown at each touch, and none while there is none', () => {
    picture.videoWidth = picture.videoHeight = 2;
    touches.down(at(1, 0.5, 0.5));
    Object.assign(picture, { videoWidth: 720, videoHeight: 1280 });
    touches.move(at(1, 0.6, 0.5));
    Object.assign(picture, { videoWidth: 1280, videoHeight: 720 });
    touches.move(at(1, 0.7, 0.5));
    touches.cancel();
    const named = said.map(({ message: { input } }) =>
      input?.$case === 'touch' ? [input.value.width, input.value.height] : [],
    );
    expect(named).toEqual([
      [0, 0],
      [720, 1280],
      [1280, 720],
      [1280, 720],
    ]);
  });

  it('tells of a mouse’s second button in order and without loss, unlike of a move', () => {
    const mouse = { ...at(1, 0.5, 0.5), mouse: true };
    touches.down({ ...mouse, buttons: 1 });
    touches.buttons({ ...mouse, buttons: 3 });
    touches.move({ ...mouse, x: 0.6, buttons: 3 });
    touches.buttons({ ...mouse, buttons: 2 });
    touches.buttons({ ...mouse, buttons: 2 | 8 | 16 });
    touches.up({ ...mouse, buttons: 0 });
    const told = said.map(({ message: { input }, move }) =>
      input?.$case === 'touch' ? [input.value.buttons, move] : [],
    );
    expect(told).toEqual([
      [1, false],
      [3, false],
      [3, true],
      [2, false],
      [26, false],
      [0, false],
    ]);
    // Of a mouse that is not down there is nothing to tell.
    touches.buttons({ ...mouse, buttons: 1 });
    expect(said).toHaveLength(6);
  });

  describe.each([
    ['a mouse', { ...at(1, 0.5, 0.5), mouse: true }, 'fingers', at(2, 0, 0)],
    ['fingers', at(2, 0, 0), 'a mouse', { ...at(1, 0.5, 0.5), mouse: true }],
  ])('while %s is down', (_, first, others, second) => {
    it(`does not hear ${others}, which are heard when it is up`, () => {
      expect(touches.down(first)).toBe(true);
      expect(touches.down(second)).toBe(false);
      touches.move({ ...second, x: 1 });
      touches.buttons({ ...second, buttons: 3 });
      touches.move({ ...first, x: 0.7 });
      touches.up(second);
      touches.up(first);
      // It was pressed before, and is not now.
      touches.move({ ...second, x: 1 });
      expect(touches.down(second)).toBe(true);
      const told = said.map(({ message: { input } }) =>
        input?.$case === 'touch' ? [input.value.action, input.value.mouse, input.value.fingers.length] : [],
      );
      const { TOUCH_ACTION_DOWN: DOWN, TOUCH_ACTION_MOVE: MOVE, TOUCH_ACTION_UP: UP } = TouchAction;
      expect(told).toEqual([
        [DOWN, first.mouse, 1],
        [MOVE, first.mouse, 1],
        [UP, first.mouse, 0],
        [DOWN, second.mouse, 1],
      ]);
    });
  });

  it('names all fingers in each message and gives a lifted finger’s number to the next', () => {
    touches.down(at(11, 0, 0));
    touches.down(at(12, 1, 1));
    touches.up(at(11, 0, 0));
    touches.down(at(13, 0.5, 0.5));
    touches.up(at(12, 1, 1));
    touches.up(at(13, 1, 1));
    const { TOUCH_ACTION_DOWN: DOWN, TOUCH_ACTION_UP: UP } = TouchAction;
    expect(words()).toEqual([
      [DOWN, 0, [0]],
      [DOWN, 1, [0, 1]],
      [UP, 0, [1]],
      [DOWN, 0, [1, 0]],
      [UP, 1, [0]],
      [UP, 0, []],
    ]);
  });

  it('sends moves, and only moves, by the lossy way', () => {
    touches.down(at(1, 0, 0));
    touches.move(at(1, 0.1, 0.1));
    touches.up(at(1, 0.1, 0.1));
    expect(said.map(({ move }) => move)).toEqual([false, true, false]);
  });

  it('beats while a finger rests and stops when none does', () => {
    touches.down(at(1, 0, 0));
    vi.advanceTimersByTime(1_000);
    touches.up(at(1, 0, 0));
    vi.advanceTimersByTime(5_000);
    expect(words().filter((word) => word === 'heartbeat')).toHaveLength(4);
  });

  it('begins a new gesture with each first finger', () => {
    touches.down(at(1, 0, 0));
    touches.up(at(1, 0, 0));
    touches.down(at(1, 0, 0));
    const gestures = said.map(({ message: { input } }) =>
      input?.$case === 'touch' ? input.value.gesture : 0,
    );
    expect(gestures[1]).toBe(gestures[0]);
    expect(gestures[2]).toBe((gestures[0] ?? 0) + 1);
  });

  it('cancels everything at once', () => {
    touches.down(at(1, 0, 0));
    touches.down(at(2, 0, 0));
    touches.cancel();
    expect(words().at(-1)).toEqual([TouchAction.TOUCH_ACTION_CANCEL, 0, []]);
    expect(touches.fingers).toBe(0);
    touches.move(at(1, 1, 1));
    expect(said).toHaveLength(3);
  });

  it.each([
    [-1, 0],
    [0, 0],
    [0.5, 32_768],
    [1, 65_535],
    [7, 65_535],
  ])('normalises %d to %d', (part, value) => expect(normalised(part)).toBe(value));
});
