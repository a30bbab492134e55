import {
  Curve,
  type DeepPartial,
  Injection,
  KeyStroke,
  TextMethod,
} from '@ancloud/contracts/input/v1/inject';
import { TouchAction } from '@ancloud/contracts/input/v1/viewer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan, Step } from './fingers.js';
import { type Refusal, scriptLimits } from './script-limits.js';
import { planScript } from './script.js';

type Given = DeepPartial<Injection>['input'];
const plan = (input: Given): Plan | Refusal => planScript(Injection.fromPartial({ input }));
const LETTERS = ['?', 'D', 'M', 'U', 'C', 'H'];

/** `20 D0 0:100,200 1:…` = at 20 ms finger 0 goes down, and who is where after it. */
function lines(result: Plan | Refusal): string[] {
  if ('code' in result) return [`${result.code} ${result.field}`];
  return result.steps.flatMap(({ atMs, inputs }) =>
    inputs.map((input) => {
      if (input.$case !== 'touch') return `${atMs} ${JSON.stringify(input)}`;
      const { action, finger, fingers } = input.value;
      const held = fingers.map((one) => ` ${one.finger}:${one.x},${one.y}`).join('');
      return `${Math.round(atMs)} ${LETTERS[action]}${finger}${held}`;
    }),
  );
}
/** Where the step's first message says that the first finger is. */
function placeOf(step: Step | undefined): number {
  const [input] = step?.inputs ?? [];
  return input?.$case === 'touch' ? (input.value.fingers[0]?.x ?? -1) : -1;
}
const point = (x: number, y: number, atMs = 0) => ({ x, y, atMs });

describe('planScript', () => {
  it('taps: down, and up when its time is over', () => {
    expect(lines(plan({ $case: 'tap', value: { at: { x: 0.5, y: 1 } } }))).toEqual([
      '0 D0 0:32768,65535',
      '60 U0',
    ]);
  });

  it('swipes evenly, 120 times a second', () => {
    const swipe = { from: { x: 0, y: 0 }, to: { x: 1, y: 0 }, durationMs: 25, curve: Curve.CURVE_LINEAR };
    expect(lines(plan({ $case: 'swipe', value: swipe }))).toEqual([
      '0 D0 0:0,0',
      '8 M0 0:21845,0',
      '17 M0 0:43690,0',
      '25 M0 0:65535,0',
      '25 U0',
    ]);
  });

  it.each<[string, Curve, number]>([
    ['ease', Curve.CURVE_EASE, 0.5],
    ['accelerate', Curve.CURVE_ACCELERATE, 0.25],
    ['decelerate', Curve.CURVE_DECELERATE, 0.75],
  ])('%s: half of the time is another share of the way', (_, curve, share) => {
    const way = { from: { x: 0, y: 0 }, to: { x: 1, y: 0 }, durationMs: 1_000, curve };
    const made = plan({ $case: 'swipe', value: way }) as Plan;
    const half = made.steps.find(({ atMs }) => Math.round(atMs) === 500);
    expect(placeOf(half) / 65_535).toBeCloseTo(share, 4);
    // It arrives whatever the curve.
    expect(placeOf(made.steps.findLast((step) => placeOf(step) >= 0))).toBe(65_535);
  });

  it('pinches: two fingers with a message for each down and each up', () => {
    const strokes = [
      { points: [point(0.4, 0.5), point(0.2, 0.5, 16)] },
      { startMs: 4, points: [point(0.6, 0.5), point(0.8, 0.5, 12)] },
    ];
    expect(lines(plan({ $case: 'gesture', value: { strokes } }))).toEqual([
      '0 D0 0:26214,32768',
      '4 M0 0:22937,32768',
      '4 D1 0:22937,32768 1:39321,32768',
      '8 M0 0:19387,32768 1:44054,32768',
      '16 M0 0:13107,32768 1:52428,32768',
      '16 U0 1:52428,32768',
      '16 U1',
    ]);
  });

  it('a finger that goes down as another goes up comes after it, with its number', () => {
    const strokes = [
      { points: [point(0, 0), point(0, 0, 5)] },
      { startMs: 5, points: [point(1, 1), point(1, 1, 5)] },
    ];
    expect(lines(plan({ $case: 'gesture', value: { strokes } }))).toEqual([
      '0 D0 0:0,0',
      '5 U0',
      '5 D0 0:65535,65535',
      '10 U0',
    ]);
  });

  it('repeats as often as asked, with gesture numbers of their own', () => {
    const made = plan({
      $case: 'gesture',
      value: { strokes: [{ points: [point(0, 0)] }], repeat: 3 },
    }) as Plan;
    expect(made.durationMs).toBe(180);
    const gestures = made.steps.flatMap(({ inputs }) =>
      inputs.map((input) => (input.$case === 'touch' ? input.value.gesture : 0)),
    );
    expect(gestures).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it.each<[string, Given, string[]]>([
    [
      'a key is pressed and let go',
      { $case: 'key', value: { keycode: 66, metastate: 1 } },
      [
        '0 {"$case":"key","value":{"down":true,"keycode":66,"repeat":0,"metastate":1,"beats":false}}',
        '0 {"$case":"key","value":{"down":false,"keycode":66,"repeat":0,"metastate":1,"beats":false}}',
      ],
    ],
    [
      'a key stays down',
      { $case: 'key', value: { keycode: 59, stroke: KeyStroke.KEY_STROKE_DOWN } },
      ['0 {"$case":"key","value":{"down":true,"keycode":59,"repeat":0,"metastate":0,"beats":false}}'],
    ],
    [
      'ASCII is typed',
      { $case: 'text', value: { text: 'Hi\n' } },
      ['0 {"$case":"text","value":{"text":"Hi\\n","keysOnly":false}}'],
    ],
    [
      'and so is anything else, by the rule for viewers',
      { $case: 'text', value: { text: 'мир 👋' } },
      ['0 {"$case":"text","value":{"text":"мир 👋","keysOnly":false}}'],
    ],
    [
      'unless it is to be pasted',
      { $case: 'text', value: { text: 'Hi', method: TextMethod.TEXT_METHOD_PASTE } },
      ['0 {"$case":"clipboard","value":{"set":true,"text":"Hi","paste":true}}'],
    ],
    [
      'or typed by keys',
      { $case: 'text', value: { text: 'ü', method: TextMethod.TEXT_METHOD_TYPE } },
      ['0 {"$case":"text","value":{"text":"ü","keysOnly":true}}'],
    ],
  ])('%s', (_, input, wanted) => expect(lines(plan(input))).toEqual(wanted));

  const hour = 3_600_000;
  it.each<[string, Given, string]>([
    ['nothing', undefined, 'INVALID_ARGUMENT input'],
    ['a tap of nowhere', { $case: 'tap', value: {} }, 'INVALID_ARGUMENT tap.at'],
    [
      'a tap beside the picture',
      { $case: 'tap', value: { at: { x: 1.01, y: 0 } } },
      'INVALID_ARGUMENT tap.at.x',
    ],
    [
      'a tap that is not a number',
      { $case: 'tap', value: { at: { x: 0, y: NaN } } },
      'INVALID_ARGUMENT tap.at.y',
    ],
    [
      'a tap of an hour',
      { $case: 'tap', value: { at: { x: 0, y: 0 }, durationMs: hour } },
      'SCRIPT_TOO_LONG tap.durationMs',
    ],
    [
      'a swipe without end',
      { $case: 'swipe', value: { from: { x: 0, y: 0 }, to: { x: 0, y: 0 }, durationMs: 0xffff_ffff } },
      'SCRIPT_TOO_LONG swipe.durationMs',
    ],
    ['a gesture of nothing', { $case: 'gesture', value: {} }, 'INVALID_ARGUMENT gesture.strokes'],
    [
      'a gesture that never ends',
      { $case: 'gesture', value: { strokes: [{ points: [point(0, 0)] }], repeat: 0xffff_ffff } },
      'SCRIPT_TOO_LONG gesture.repeat',
    ],
    [
      'a gesture that begins after an hour',
      { $case: 'gesture', value: { strokes: [{ startMs: hour, points: [point(0, 0)] }] } },
      'SCRIPT_TOO_LONG gesture.strokes',
    ],
    [
      'a point in the past',
      { $case: 'gesture', value: { strokes: [{ points: [point(0, 0, 9), point(0, 0, 8)] }] } },
      'INVALID_ARGUMENT gesture.strokes[0].points[1].atMs',
    ],
    [
      'eleven fingers',
      { $case: 'gesture', value: { strokes: Array.from({ length: 11 }, () => ({ points: [point(0, 0)] })) } },
      'INVALID_ARGUMENT gesture.strokes',
    ],
    [
      'a hundred and one strokes',
      {
        $case: 'gesture',
        value: { strokes: Array.from({ length: 101 }, () => ({ points: [point(0, 0)] })) },
      },
      'SCRIPT_TOO_LONG gesture.strokes',
    ],
    [
      'more points than anybody draws',
      {
        $case: 'gesture',
        value: { strokes: [{ points: Array.from({ length: 10_001 }, (_, i) => point(0, 0, i)) }] },
      },
      'SCRIPT_TOO_LONG gesture.strokes',
    ],
    ['no text', { $case: 'text', value: { text: '' } }, 'INVALID_ARGUMENT text.text'],
  ])('refuses %s', (_, input, wanted) => expect(lines(plan(input))).toEqual([wanted]));

  it('lets every finger go, whatever the strokes', () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    const stroke = fc.record({
      startMs: fc.integer({ min: 0, max: 200 }),
      points: fc
        .array(fc.record({ x: place, y: place, atMs: fc.integer({ min: 0, max: 200 }) }), {
          minLength: 1,
          maxLength: 5,
        })
        .map((points) => points.toSorted((a, b) => a.atMs - b.atMs)),
    });
    fc.assert(
      fc.property(fc.array(stroke, { minLength: 1, maxLength: 10 }), (strokes) => {
        const made = plan({ $case: 'gesture', value: { strokes } }) as Plan;
        const down = new Set<number>();
        let before = 0;
        for (const { atMs, inputs } of made.steps) {
          expect(atMs).toBeGreaterThanOrEqual(before);
          before = atMs;
          for (const input of inputs) {
            if (input.$case !== 'touch') throw new Error('not a touch');
            const { action, finger, fingers } = input.value;
            if (action === TouchAction.TOUCH_ACTION_DOWN) expect(down.has(finger)).toBe(false);
            if (action === TouchAction.TOUCH_ACTION_DOWN) down.add(finger);
            if (action === TouchAction.TOUCH_ACTION_UP) expect(down.delete(finger)).toBe(true);
            expect(new Set(fingers.map((one) => one.finger))).toEqual(down);
          }
        }
        expect(down.size).toBe(0);
        expect(made.durationMs).toBeLessThanOrEqual(scriptLimits.durationMs);
      }),
    );
  });
});
