import type { Injection } from '@ancloud/contracts/input/v1/inject';
import { Macro, type MacroStep } from '@ancloud/contracts/input/v1/macro';
import { CreateMacroRequest } from '@ancloud/contracts/gateway/v1/gateway';
import { boundedReader } from '@ancloud/kit/grpc-bounds';
import { describe, expect, it } from 'vitest';
import { beyondBounds } from '../api/core/json-bounds.js';
import { MOST_READS } from '../api/grpc-service.js';
import { bodyLimits } from '../api/route-doc.js';
import { macroLimits, macroMistake } from './core/macro-limits.js';
import { macroOf, stepsJson, stepsSchema } from './macro-schemas.js';

/** Every kind of step, in full. */
const steps = [
  { afterMs: 5, tap: { at: { x: 0.5, y: 0.25 }, durationMs: 80 } },
  { afterMs: 0, swipe: { from: { x: 0, y: 0 }, to: { x: 1, y: 1 }, durationMs: 300, curve: 'ease' } },
  { afterMs: 0, text: { text: 'мир', method: 'paste' } },
  { afterMs: 0, key: { keycode: 66, stroke: 'down', metastate: 1 } },
  {
    afterMs: 0,
    gesture: { strokes: [{ startMs: 10, points: [{ x: 0.1, y: 0.2, atMs: 0, pressure: 1 }] }], repeat: 2 },
  },
  { afterMs: 0, wheel: { at: { x: 0.5, y: 0.5 }, horizontal: 0, vertical: -2.5 } },
  { afterMs: 0, action: { name: 'startApp', argument: 'com.example' } },
  { afterMs: 0, clipboard: { text: 'мир' } },
  {
    afterMs: 0,
    gamepad: {
      moments: [
        {
          atMs: 5,
          leftX: -1,
          leftY: 0.5,
          rightX: 0,
          rightY: 1,
          leftTrigger: 0.25,
          rightTrigger: 1,
          buttons: ['a', 'r2', 'up', 'mode'],
        },
      ],
      durationMs: 90,
      repeat: 3,
    },
  },
  {
    afterMs: 0,
    waitForPixel: {
      at: { x: 0, y: 1 },
      color: '#00ff80',
      tolerance: 3,
      absent: true,
      timeoutMs: 1_000,
    },
  },
  {
    afterMs: 0,
    waitForText: {
      region: { x: 0, y: 0.5, width: 1, height: 0.5 },
      text: 'Ready',
      absent: false,
      timeoutMs: 9,
    },
  },
];

describe('a macro', () => {
  it('comes back as it was sent, over what is kept', () => {
    const kept = Macro.fromJSON(JSON.parse(JSON.stringify(Macro.toJSON(macroOf(stepsSchema.parse(steps))))));
    expect(stepsJson(kept)).toEqual(steps);
    expect(stepsSchema.parse(stepsJson(kept))).toEqual(steps);
  });

  it('says in full what was left out', () =>
    expect(
      stepsJson(
        macroOf(
          stepsSchema.parse([
            { key: { keycode: 3 } },
            { text: { text: 'x' } },
            { waitForText: { text: 'x' } },
            { waitForPixel: { at: { x: 0, y: 0 }, color: '#ABCDEF' } },
          ]),
        ),
      ),
    ).toEqual([
      { afterMs: 0, key: { keycode: 3, stroke: 'press', metastate: 0 } },
      { afterMs: 0, text: { text: 'x', method: 'auto' } },
      {
        afterMs: 0,
        waitForText: {
          text: 'x',
          region: { x: 0, y: 0, width: 1, height: 1 },
          absent: false,
          timeoutMs: 30_000,
        },
      },
      {
        afterMs: 0,
        waitForPixel: {
          at: { x: 0, y: 0 },
          color: '#abcdef',
          tolerance: 16,
          absent: false,
          timeoutMs: 30_000,
        },
      },
    ]));

  it.each([
    ['no step', []],
    ['a step of nothing', [{ afterMs: 5 }]],
    ['a step of two things', [{ key: { keycode: 3 }, text: { text: 'x' } }]],
    ['a colour that is none', [{ waitForPixel: { at: { x: 0, y: 0 }, color: 'red' } }]],
    ['a button that there is not', [{ action: { name: 'explode' } }]],
    ['a field too many', [{ tap: { at: { x: 0, y: 0 }, takeOver: true } }]],
  ])('with %s is refused', (_, given) => expect(stepsSchema.safeParse(given).success).toBe(false));
});

describe('the largest macro that is kept', () => {
  // Numbers as long as JSON writes them, and letters that it escapes.
  const share = -Math.PI / 1e10;
  const moments = Array.from({ length: macroLimits.points }, (_, index) => ({
    atMs: 4_294_900_000 + index,
    leftX: share,
    leftY: share,
    rightX: share,
    rightY: share,
    leftTrigger: -share,
    rightTrigger: -share,
    buttons: 2 ** 17 - 1,
  }));
  const input = (value: NonNullable<Injection['input']>): MacroStep => ({
    afterMs: macroLimits.afterMs,
    step: { $case: 'input', value: { input: value } },
  });
  const wait: MacroStep = {
    afterMs: macroLimits.afterMs,
    step: {
      $case: 'wait',
      value: {
        condition: {
          $case: 'text',
          value: {
            region: { x: -share, y: -share, width: -share, height: -share },
            text: '\u0001'.repeat(256),
          },
        },
        absent: false,
        timeoutMs: 600_000,
      },
    },
  };
  const largest: Macro = {
    steps: [
      input({ $case: 'gamepad', value: { moments, durationMs: 4_294_967_295, repeat: 4_294_967_295 } }),
      input({ $case: 'clipboard', value: { text: '\u0001'.repeat(macroLimits.text) } }),
      ...Array.from({ length: macroLimits.steps - 2 }, () => wait),
    ],
  };

  it('can be read and sent back', () => {
    expect(macroMistake('m', largest)).toBeUndefined();
    const body = { name: 'm'.repeat(63), steps: stepsJson(largest) };
    const text = JSON.stringify(body);
    expect(text.length).toBeLessThan(bodyLimits.script);
    expect(beyondBounds(text)).toBeUndefined();
    expect(macroOf(stepsSchema.parse(body.steps))).toEqual(largest);
  });

  it('is read by gRPC', () => {
    const bytes = CreateMacroRequest.encode({ name: 'm', macro: largest }).finish();
    expect(CreateMacroRequest.decode(boundedReader(bytes, MOST_READS)).macro?.steps).toHaveLength(2_000);
  });
});

describe('macroMistake', () => {
  const step = { afterMs: 0, step: { $case: 'input' as const, value: { input: undefined } } };
  const text = { $case: 'text' as const, value: { text: 'x'.repeat(10_000) } };
  const clipboard = { $case: 'clipboard' as const, value: text.value };
  const gamepad = {
    $case: 'gamepad' as const,
    value: { moments: Array.from({ length: 1_001 }, () => ({})) },
  };
  const times = (count: number, input: typeof text | typeof clipboard | typeof gamepad): Macro['steps'] =>
    Macro.fromPartial({
      steps: Array.from({ length: count }, () => ({ step: { $case: 'input' as const, value: { input } } })),
    }).steps;
  it.each([
    ['a name of blanks', ' ', { steps: [step] }, 'INVALID_ARGUMENT name'],
    ['a name too long', 'x'.repeat(64), { steps: [step] }, 'INVALID_ARGUMENT name'],
    ['no steps', 'm', { steps: [] }, 'INVALID_ARGUMENT steps'],
    [
      'a step that is none',
      'm',
      { steps: [step, { afterMs: 0, step: undefined }] },
      'INVALID_ARGUMENT steps[1]',
    ],
    ['too many steps', 'm', { steps: Array.from({ length: 2_001 }, () => step) }, 'SCRIPT_TOO_LONG steps'],
    ['too much text', 'm', { steps: times(11, text) }, 'SCRIPT_TOO_LONG steps'],
    [
      'too much text with the clipboard’s',
      'm',
      { steps: [...times(5, text), ...times(6, clipboard)] },
      'SCRIPT_TOO_LONG steps',
    ],
    ['too many moments of a gamepad', 'm', { steps: times(10, gamepad) }, 'SCRIPT_TOO_LONG steps'],
  ])('finds %s', (_, name, macro, wanted) => {
    const { code, field } = macroMistake(name, macro) ?? {};
    expect(`${code} ${field}`).toBe(wanted);
  });

  it('finds none in what can be kept', () =>
    expect(
      macroMistake('sign in', {
        steps: [step, ...times(9, gamepad), ...times(5, text), ...times(5, clipboard)],
      }),
    ).toBeUndefined());
});
