import { type Injection, KeyStroke, PlayPad, TextMethod } from '@ancloud/contracts/input/v1/inject';
import { Action, type DeepPartial, TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { expect, it } from 'vitest';
import { macroLimits, planMacro } from './macro.js';
import { Recorder } from './recorder.js';

const { TOUCH_ACTION_DOWN: DOWN, TOUCH_ACTION_MOVE: MOVE, TOUCH_ACTION_UP: UP } = TouchAction;
type Given = DeepPartial<ViewerInput>['input'];
type Done = readonly (readonly [atMs: number, input: Given])[];
type At = readonly [finger: number, x: number, y: number];

const touch = (action: TouchAction, fingers: readonly At[], gesture = 1): Given => ({
  $case: 'touch',
  value: {
    gesture,
    action,
    fingers: fingers.map(([finger, x, y]) => ({ finger, x: x * 65_535, y: y * 65_535, pressure: 65_535 })),
  },
});
const key = (keycode: number, down: boolean, repeat = 0): Given => ({
  $case: 'key',
  value: { keycode, down, repeat },
});
const text = (value: string): Given => ({ $case: 'text', value: { text: value } });

/** What is recorded of inputs at their times, begun at 1000. */
function recorded(...done: Done) {
  const recorder = new Recorder(1_000);
  for (const [atMs, input] of done) recorder.add(ViewerInput.fromPartial({ input }), atMs);
  const macro = recorder.take((done.at(-1)?.[0] ?? 0) + 500);
  return { recorder, macro };
}
const steps = (...done: Done) =>
  recorded(...done).macro.steps.map(({ afterMs, step }) => [
    afterMs,
    step?.$case === 'input' ? step.value.input : step,
  ]);
const tap = (x: number, y: number, durationMs: number): Injection['input'] => ({
  $case: 'tap',
  value: { at: { x, y }, durationMs },
});
const point = (x: number, y: number, atMs: number) => ({ x, y, atMs, pressure: 1 });

it('ends with what the farm has lifted: the next hand begins anew, and no key stays down', () => {
  const recorder = new Recorder(1_000);
  const add = (atMs: number, input: Given): void => recorder.add(ViewerInput.fromPartial({ input }), atMs);
  add(1_000, key(59, true));
  add(1_500, touch(DOWN, [[0, 0.2, 0.5]]));
  recorder.lifted(2_500);
  // Numbers of gestures are each viewer's own.
  add(3_000, touch(DOWN, [[0, 0.8, 0.5]]));
  add(3_060, touch(UP, []));
  recorder.lifted(4_000);
  expect(
    recorder
      .take(5_000)
      .steps.map(({ afterMs, step }) => [
        afterMs,
        step?.$case === 'input' && step.value.input?.$case,
        step?.$case === 'input' && step.value.input?.$case === 'key'
          ? step.value.input.value.stroke
          : undefined,
      ]),
  ).toEqual([
    [0, 'key', KeyStroke.KEY_STROKE_DOWN],
    [500, 'gesture', undefined],
    [0, 'key', KeyStroke.KEY_STROKE_UP],
    [500, 'tap', undefined],
  ]);
});

it.each<[string, Done, unknown[]]>([
  [
    'a tap, with its rest before it',
    [
      [1_250, touch(DOWN, [[0, 0.5, 0.25]])],
      [1_330, touch(UP, [])],
    ],
    [[250, tap(0.5, 0.25, 80)]],
  ],
  [
    'a stroke, thinned to what an eye can see, up where the finger was last',
    [
      [1_000, touch(DOWN, [[0, 0.1, 0.1]])],
      [1_005, touch(MOVE, [[0, 0.15, 0.1]])],
      [1_020, touch(MOVE, [[0, 0.3, 0.1]])],
      [1_030, touch(MOVE, [[0, 0.4, 0.1]])],
      [1_040, touch(UP, [])],
    ],
    [
      [
        0,
        {
          $case: 'gesture',
          value: {
            repeat: 0,
            strokes: [{ startMs: 0, points: [point(0.1, 0.1, 0), point(0.3, 0.1, 20), point(0.4, 0.1, 40)] }],
          },
        },
      ],
    ],
  ],
  [
    'two fingers as one gesture',
    [
      [1_000, touch(DOWN, [[0, 0.2, 0.5]])],
      [
        1_100,
        touch(DOWN, [
          [0, 0.2, 0.5],
          [1, 0.8, 0.5],
        ]),
      ],
      [1_200, touch(UP, [[1, 0.8, 0.5]])],
      [1_300, touch(UP, [])],
    ],
    [
      [
        0,
        {
          $case: 'gesture',
          value: {
            repeat: 0,
            strokes: [
              { startMs: 0, points: [point(0.2, 0.5, 0), point(0.2, 0.5, 200)] },
              { startMs: 100, points: [point(0.8, 0.5, 0), point(0.8, 0.5, 200)] },
            ],
          },
        },
      ],
    ],
  ],
  [
    'a finger that is down at the end: lifted then',
    [[1_000, touch(DOWN, [[0, 0.5, 0.5]])]],
    [[0, tap(0.5, 0.5, 500)]],
  ],
  [
    'a gesture that was taken away, and the next one',
    [
      [1_000, touch(DOWN, [[0, 0.5, 0.5]])],
      [1_050, touch(TouchAction.TOUCH_ACTION_CANCEL, [])],
      [1_100, touch(DOWN, [[0, 0.6, 0.5]], 2)],
      [1_150, touch(UP, [], 2)],
    ],
    [
      [0, tap(0.5, 0.5, 50)],
      [50, tap(0.6, 0.5, 50)],
    ],
  ],
  [
    'letters as the words that they make, and a pause between two',
    [
      [1_100, text('H')],
      [1_300, text('i ')],
      [1_500, text('你好')],
      [9_000, text('!')],
    ],
    [
      [100, { $case: 'text', value: { text: 'Hi 你好', method: TextMethod.TEXT_METHOD_UNSPECIFIED } }],
      [7_500, { $case: 'text', value: { text: '!', method: TextMethod.TEXT_METHOD_UNSPECIFIED } }],
    ],
  ],
  [
    'a key that was pressed, and one that was held over another',
    [
      [1_000, key(66, true)],
      [1_040, key(66, true, 1)],
      [1_080, key(66, false)],
      [1_100, key(59, true)],
      [1_200, key(29, true)],
      [1_210, key(29, false)],
      [1_300, key(59, false)],
    ],
    [
      [0, { $case: 'key', value: { keycode: 66, stroke: KeyStroke.KEY_STROKE_UNSPECIFIED, metastate: 0 } }],
      [100, { $case: 'key', value: { keycode: 59, stroke: KeyStroke.KEY_STROKE_DOWN, metastate: 0 } }],
      [100, { $case: 'key', value: { keycode: 29, stroke: KeyStroke.KEY_STROKE_UNSPECIFIED, metastate: 0 } }],
      [100, { $case: 'key', value: { keycode: 59, stroke: KeyStroke.KEY_STROKE_UP, metastate: 0 } }],
    ],
  ],
  [
    'a key that was held as its down and its up, and one that was let go just before it counts as held',
    [
      [1_000, key(66, true)],
      [1_500, key(66, true, 1)],
      [3_000, key(66, false)],
      [3_100, key(66, true)],
      [3_499, key(66, false)],
      [4_000, key(66, true)],
      [4_400, key(66, false)],
    ],
    [
      [0, { $case: 'key', value: { keycode: 66, stroke: KeyStroke.KEY_STROKE_DOWN, metastate: 0 } }],
      [2_000, { $case: 'key', value: { keycode: 66, stroke: KeyStroke.KEY_STROKE_UP, metastate: 0 } }],
      [100, { $case: 'key', value: { keycode: 66, stroke: KeyStroke.KEY_STROKE_UNSPECIFIED, metastate: 0 } }],
      [900, { $case: 'key', value: { keycode: 66, stroke: KeyStroke.KEY_STROKE_DOWN, metastate: 0 } }],
      [400, { $case: 'key', value: { keycode: 66, stroke: KeyStroke.KEY_STROKE_UP, metastate: 0 } }],
    ],
  ],
  [
    'what is copied, and a gamepad behind what was done while it was pushed',
    [
      [1_000, { $case: 'clipboard', value: { set: true, text: 'copied' } }],
      [1_100, { $case: 'pad', value: { sequence: 1, buttons: 1 } }],
      [1_150, key(66, true)],
      [1_160, key(66, false)],
      [1_300, { $case: 'pad', value: { sequence: 2 } }],
    ],
    [
      [0, { $case: 'clipboard', value: { text: 'copied' } }],
      [150, { $case: 'key', value: { keycode: 66, stroke: KeyStroke.KEY_STROKE_UNSPECIFIED, metastate: 0 } }],
      [
        0,
        {
          $case: 'gamepad',
          value: PlayPad.fromPartial({ moments: [{ buttons: 1 }], durationMs: 200 }),
        },
      ],
    ],
  ],
  [
    'a paste, a wheel, a button; no hover, no question for the clipboard',
    [
      [1_000, { $case: 'clipboard', value: { set: true, paste: true, text: 'x' } }],
      [1_010, { $case: 'clipboard', value: { set: false } }],
      [1_020, touch(TouchAction.TOUCH_ACTION_HOVER, [[0, 0.1, 0.1]])],
      [1_100, { $case: 'scroll', value: { x: 65_535, y: 0, horizontal: 0, vertical: -250 } }],
      [1_200, { $case: 'action', value: { action: Action.ACTION_HOME } }],
    ],
    [
      [0, { $case: 'text', value: { text: 'x', method: TextMethod.TEXT_METHOD_PASTE } }],
      [100, { $case: 'wheel', value: { at: { x: 1, y: 0 }, horizontal: 0, vertical: -2.5 } }],
      [100, { $case: 'action', value: { action: Action.ACTION_HOME, argument: '' } }],
    ],
  ],
])('writes down %s', (_, done, wanted) => expect(steps(...done)).toEqual(wanted));

it('what it has written down can be played, however long a hand has moved', () => {
  const hour = 3_600_000;
  const moves = Array.from({ length: 8_000 }, (_, i): [number, Given] => [
    1_000 + (i * hour) / 8_000,
    touch(i === 0 ? DOWN : MOVE, [
      [0, (i % 100) / 100, 0.5],
      [1, 0.5, (i % 90) / 90],
    ]),
  ]);
  const { recorder, macro } = recorded(...moves);
  expect(recorder.full).toBe(true);
  expect(planMacro(macro)).toMatchObject({ readsText: false });
  const points = macro.steps
    .flatMap(({ step }) =>
      step?.$case === 'input' && step.value.input?.$case === 'gesture' ? step.value.input.value.strokes : [],
    )
    .reduce((sum, stroke) => sum + stroke.points.length, 0);
  expect(points).toBeGreaterThan(macroLimits.points - 100);
});

it('takes no more steps than a macro has', () => {
  const { recorder, macro } = recorded(
    ...Array.from({ length: 3_000 }, (_, i): [number, Given] => [1_000 + i, key((i % 2) + 1, true)]),
  );
  expect([macro.steps.length, recorder.full]).toEqual([macroLimits.steps, true]);
  expect(planMacro(macro)).not.toHaveProperty('code');
});
