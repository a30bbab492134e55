import {
  Curve,
  type Gesture,
  type Injection,
  KeyStroke,
  type Place,
  TextMethod,
} from '@ancloud/contracts/input/v1/inject';
import {
  along,
  between,
  type Finger,
  type Plan,
  type Point,
  type Step,
  STEP_MS,
  touches,
} from './fingers.js';
import { planPad } from './pad-script.js';
import { invalid, long, missing, type Refusal, scriptLimits } from './script-limits.js';

const TAP_MS = 60;
const SWIPE_MS = 300;
/** scrcpy's full scale of a wheel. */
const NOTCHES = 16;
const FULL = 65_535;

/** A script as the steps that play it, or why it is none. Pure and total; a plan is finite, whatever was asked for. */
export function planScript({ input }: Injection): Plan | Refusal {
  switch (input?.$case) {
    case 'tap': {
      const { at, durationMs } = input.value;
      const bad = offPicture('tap.at', at) ?? tooLong('tap.durationMs', durationMs);
      if (bad !== undefined || at === undefined) return bad ?? missing('tap.at');
      const stay = durationMs === 0 ? TAP_MS : durationMs;
      return touches('tap', [{ downMs: 0, upMs: stay, at: () => ({ ...at, pressure: 1 }) }], 1, stay);
    }
    case 'swipe': {
      const { from, to, durationMs, curve } = input.value;
      const bad =
        offPicture('swipe.from', from) ??
        offPicture('swipe.to', to) ??
        tooLong('swipe.durationMs', durationMs);
      if (bad !== undefined || from === undefined || to === undefined) return bad ?? missing('swipe.to');
      const ease = CURVES[curve];
      if (ease === undefined) return invalid('swipe.curve', `the curve ${curve} is unknown`);
      const way = durationMs === 0 ? SWIPE_MS : durationMs;
      const at = (ms: number): Point => ({ ...between(from, to, ease(Math.min(1, ms / way))), pressure: 1 });
      return touches('swipe', [{ downMs: 0, upMs: way, at }], 1, way);
    }
    case 'gesture':
      return gesture(input.value);
    case 'key': {
      const { keycode, stroke, metastate } = input.value;
      const press = (down: boolean): Step['inputs'][number] => ({
        $case: 'key',
        value: { down, keycode, repeat: 0, metastate, beats: false },
      });
      if (stroke < KeyStroke.KEY_STROKE_UNSPECIFIED || stroke > KeyStroke.KEY_STROKE_UP)
        return invalid('key.stroke', `the stroke ${stroke} is unknown`);
      const inputs = [
        ...(stroke === KeyStroke.KEY_STROKE_UP ? [] : [press(true)]),
        ...(stroke === KeyStroke.KEY_STROKE_DOWN ? [] : [press(false)]),
      ];
      const holds = stroke === KeyStroke.KEY_STROKE_DOWN;
      return { steps: [{ atMs: 0, inputs, moves: false }], durationMs: 0, holds, name: 'key' };
    }
    case 'text': {
      const { text, method } = input.value;
      if (method < TextMethod.TEXT_METHOD_UNSPECIFIED || method > TextMethod.TEXT_METHOD_PASTE)
        return invalid('text.method', `the method ${method} is unknown`);
      // An empty clipboard is one thing, to type nothing another.
      if (text === '') return invalid('text.text', 'the text is empty');
      const one: Step['inputs'][number] =
        method === TextMethod.TEXT_METHOD_PASTE
          ? { $case: 'clipboard', value: { set: true, text, paste: true } }
          : { $case: 'text', value: { text, keysOnly: method === TextMethod.TEXT_METHOD_TYPE } };
      return once('text', one);
    }
    case 'wheel': {
      const { at, horizontal, vertical } = input.value;
      const bad = offPicture('wheel.at', at);
      if (bad !== undefined || at === undefined) return bad ?? missing('wheel.at');
      for (const [field, notches] of Object.entries({ horizontal, vertical }))
        if (!(Math.abs(notches) <= NOTCHES))
          return invalid(`wheel.${field}`, `${notches} notches are outside -${NOTCHES} to ${NOTCHES}`);
      return once('wheel', {
        $case: 'scroll',
        value: {
          x: Math.round(at.x * FULL),
          y: Math.round(at.y * FULL),
          horizontal: Math.round(horizontal * 100),
          vertical: Math.round(vertical * 100),
          buttons: 0,
          width: 0,
          height: 0,
        },
      });
    }
    case 'action':
      return once('action', { $case: 'action', value: input.value });
    case 'clipboard':
      return once('clipboard', {
        $case: 'clipboard',
        value: { set: true, text: input.value.text, paste: false },
      });
    case 'gamepad':
      return planPad(input.value);
    case undefined:
      return invalid('input', 'nothing is to be injected');
  }
}

function once(name: string, input: Step['inputs'][number]): Plan {
  return { steps: [{ atMs: 0, inputs: [input], moves: false }], durationMs: 0, holds: false, name };
}

/** Shares of the way over shares of the time. */
const CURVES: Readonly<Record<number, ((t: number) => number) | undefined>> = {
  [Curve.CURVE_UNSPECIFIED]: (t) => t,
  [Curve.CURVE_LINEAR]: (t) => t,
  [Curve.CURVE_EASE]: (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2),
  [Curve.CURVE_ACCELERATE]: (t) => t ** 2,
  [Curve.CURVE_DECELERATE]: (t) => 1 - (1 - t) ** 2,
};

function gesture({ strokes, repeat }: Gesture): Plan | Refusal {
  if (strokes.length === 0) return missing('gesture.strokes');
  if (strokes.length > scriptLimits.strokes)
    return long('gesture.strokes', `${strokes.length} strokes are more than ${scriptLimits.strokes}`);
  const points = strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
  if (points > scriptLimits.points)
    return long('gesture.strokes', `${points} points are more than ${scriptLimits.points}`);
  const fingers: Finger[] = [];
  for (const [index, stroke] of strokes.entries()) {
    const field = `gesture.strokes[${index}]`;
    const bad = strokeProblem(field, stroke);
    if (bad !== undefined) return bad;
    const last = stroke.points.at(-1)?.atMs ?? 0;
    // A stroke of one point is a tap.
    const stay = stroke.points.length === 1 ? Math.max(last, TAP_MS) : Math.max(1, last);
    fingers.push({ downMs: stroke.startMs, upMs: stroke.startMs + stay, at: along(stroke.points) });
  }
  const times = Math.max(1, repeat);
  const once = Math.max(...fingers.map(({ upMs }) => upMs));
  if (once * times > scriptLimits.durationMs)
    return long(
      repeat > 1 ? 'gesture.repeat' : 'gesture.strokes',
      `the gesture would take ${once * times} ms, more than ${scriptLimits.durationMs}`,
    );
  const steps = times * (2 * fingers.length + once / STEP_MS);
  if (steps > scriptLimits.steps)
    return long('gesture.repeat', `the gesture is more than ${scriptLimits.steps} inputs`);
  const crowd = Math.max(
    ...fingers.map(({ downMs }) => fingers.filter((one) => one.downMs <= downMs && downMs < one.upMs).length),
  );
  if (crowd > scriptLimits.fingers)
    return invalid(
      'gesture.strokes',
      `${crowd} fingers are down at a time, more than ${scriptLimits.fingers}`,
    );
  return touches('gesture', fingers, times, once);
}

function strokeProblem(field: string, { points }: Gesture['strokes'][number]): Refusal | undefined {
  if (points.length === 0) return missing(`${field}.points`);
  let before = 0;
  for (const [index, point] of points.entries()) {
    const at = `${field}.points[${index}]`;
    const off = offPicture(at, point);
    if (off !== undefined) return off;
    if (point.atMs < before) return invalid(`${at}.atMs`, `${point.atMs} ms is before the point before it`);
    if (!(point.pressure >= 0 && point.pressure <= 1))
      return invalid(`${at}.pressure`, 'the pressure is outside 0-1');
    before = point.atMs;
  }
  return undefined;
}

function offPicture(field: string, place: Place | undefined): Refusal | undefined {
  if (place === undefined) return missing(field);
  for (const axis of ['x', 'y'] as const)
    if (!(place[axis] >= 0 && place[axis] <= 1))
      return invalid(`${field}.${axis}`, `${field}.${axis} is not a fraction of the picture, 0-1`);
  return undefined;
}

function tooLong(field: string, ms: number): Refusal | undefined {
  return ms > scriptLimits.durationMs
    ? long(field, `${ms} ms are more than ${scriptLimits.durationMs}`)
    : undefined;
}
