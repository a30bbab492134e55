import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { GESTURE_MEMORY_MS } from '@ancloud/kit/input-translation';
import { expect, it } from 'vitest';
import { DoneInput } from './done-input.js';

const { TOUCH_ACTION_CANCEL, TOUCH_ACTION_DOWN, TOUCH_ACTION_HOVER, TOUCH_ACTION_MOVE, TOUCH_ACTION_UP } =
  TouchAction;
const portrait = { width: 720, height: 1280 };
const landscape = { width: 1280, height: 720 };
const touch = (gesture: number, action: TouchAction, size: object = {}, fingers = 1): ViewerInput =>
  ViewerInput.fromPartial({
    input: {
      $case: 'touch',
      value: {
        gesture,
        action,
        fingers: Array.from({ length: fingers }, (_, finger) => ({ finger })),
        ...size,
      },
    },
  });
/** What became of it, in the phone's picture `now`. */
function done(of: DoneInput, input: ViewerInput, now = landscape, atMs = 1): string {
  if (!of.take(input, now, atMs)) return 'nothing';
  const said = input.input;
  if (said?.$case !== 'touch') return String(said?.$case);
  const { action, fingers, width, height } = said.value;
  expect([width, height]).toEqual([0, 0]);
  return `${TouchAction[action].slice(13)} ${fingers.length}`;
}

it('is what was touched on the phone’s picture, at whatever scale, or on one whose size was not said', () => {
  const of = new DoneInput();
  for (const size of [landscape, { width: 480, height: 270 }, {}])
    expect(done(of, touch(1, TOUCH_ACTION_DOWN, size))).toBe('DOWN 1');
});

it('is nothing of a gesture that was lifted meanwhile but its end, and all of the next one', () => {
  const of = new DoneInput();
  expect(done(of, touch(1, TOUCH_ACTION_DOWN))).toBe('DOWN 1');
  of.lifted();
  expect(done(of, touch(1, TOUCH_ACTION_MOVE))).toBe('nothing');
  expect(done(of, touch(1, TOUCH_ACTION_UP, {}, 0))).toBe('UP 0');
  expect(done(of, touch(2, TOUCH_ACTION_DOWN))).toBe('DOWN 1');
});

it('is again of a gesture that was lifted so long ago that the session has forgotten it', () => {
  const of = new DoneInput();
  expect(done(of, touch(1, TOUCH_ACTION_DOWN), landscape, 10)).toBe('DOWN 1');
  of.lifted();
  expect(done(of, touch(1, TOUCH_ACTION_MOVE), landscape, 1_000)).toBe('nothing');
  // Behind its last message, also where that was dropped.
  expect(done(of, touch(1, TOUCH_ACTION_MOVE), landscape, 1_000 + GESTURE_MEMORY_MS - 1)).toBe('nothing');
  const forgotten = 1_000 + 2 * GESTURE_MEMORY_MS - 1;
  expect(done(of, touch(1, TOUCH_ACTION_MOVE), landscape, forgotten)).toBe('MOVE 1');
});

it('is nothing of a gesture that was begun on another picture, also when it goes on in the new one', () => {
  const of = new DoneInput();
  expect(done(of, touch(1, TOUCH_ACTION_DOWN, portrait))).toBe('CANCEL 0');
  expect(done(of, touch(1, TOUCH_ACTION_MOVE, portrait))).toBe('nothing');
  expect(done(of, touch(1, TOUCH_ACTION_MOVE, landscape))).toBe('nothing');
  expect(done(of, touch(1, TOUCH_ACTION_UP, landscape, 0))).toBe('UP 0');
  expect(done(of, touch(2, TOUCH_ACTION_DOWN, landscape))).toBe('DOWN 1');
});

it('ends what was down when the picture turned', () => {
  const of = new DoneInput();
  expect(done(of, touch(1, TOUCH_ACTION_DOWN, portrait), portrait)).toBe('DOWN 1');
  expect(done(of, touch(1, TOUCH_ACTION_MOVE, portrait))).toBe('CANCEL 0');
  expect(done(of, touch(1, TOUCH_ACTION_CANCEL, portrait, 0))).toBe('CANCEL 0');
});

it('is neither a wheel nor a passing mouse of another picture', () => {
  const of = new DoneInput();
  expect(done(of, touch(1, TOUCH_ACTION_HOVER, portrait))).toBe('nothing');
  const wheel = (size: object): ViewerInput =>
    ViewerInput.fromPartial({ input: { $case: 'scroll', value: { x: 1, y: 1, ...size } } });
  expect(done(of, wheel(portrait))).toBe('nothing');
  const turned = wheel(landscape);
  expect(done(of, turned)).toBe('scroll');
  expect(turned.input?.value).toMatchObject({ width: 0, height: 0 });
});

it('is a gesture of another holder, though it has the same number', () => {
  const of = new DoneInput();
  expect(done(of, touch(1, TOUCH_ACTION_DOWN, portrait))).toBe('CANCEL 0');
  of.forget();
  expect(done(of, touch(1, TOUCH_ACTION_DOWN, landscape))).toBe('DOWN 1');
});
