import { type DeepPartial, Macro, type WaitFor } from '@ancloud/contracts/input/v1/macro';
import { describe, expect, it } from 'vitest';
import { planMacro, planTempo } from './macro.js';

type Given = DeepPartial<Macro>['steps'];
const plan = (steps: Given) => planMacro(Macro.fromPartial({ steps: steps ?? [] }));
const tap = (durationMs = 100, afterMs = 0) =>
  ({
    afterMs,
    step: {
      $case: 'input',
      value: { input: { $case: 'tap', value: { at: { x: 0.5, y: 0.5 }, durationMs } } },
    },
  }) as const;
const wait = (over: DeepPartial<WaitFor>) => ({ step: { $case: 'wait', value: over } }) as const;
const pixel = { $case: 'pixel', value: { at: { x: 0.5, y: 1 }, rgb: 0xff_00_00, tolerance: 3 } } as const;
const text = (over: object = {}) =>
  ({
    $case: 'text',
    value: { region: { x: 0, y: 0.5, width: 1, height: 0.5 }, text: 'Ready', ...over },
  }) as const;

describe('planMacro', () => {
  it('plans inputs and waits, and knows how long a round is', () => {
    expect(
      plan([tap(100, 50), wait({ condition: pixel }), wait({ condition: text(), timeoutMs: 5 })]),
    ).toMatchObject({
      steps: [
        { afterMs: 50, plan: { durationMs: 100 } },
        { wait: { timeoutMs: 30_000, absent: false, region: { x: 0.5, y: 1, width: 0, height: 0 } } },
        { wait: { timeoutMs: 5, region: { x: 0, y: 0.5, width: 1, height: 0.5 } } },
      ],
      durationMs: 150,
      readsText: true,
    });
  });

  it.each<[string, Given, string]>([
    ['no steps', [], 'INVALID_ARGUMENT steps'],
    ['too many', Array.from({ length: 2_001 }, () => tap()), 'SCRIPT_TOO_LONG steps'],
    [
      'too much text',
      Array.from({ length: 30 }, () => ({
        step: {
          $case: 'input' as const,
          value: { input: { $case: 'text' as const, value: { text: 'x'.repeat(4_000) } } },
        },
      })),
      'SCRIPT_TOO_LONG steps',
    ],
    ['a step that does nothing', [tap(), {}], 'INVALID_ARGUMENT steps[1].step'],
    ['a rest of an hour', [tap(100, 3_600_000)], 'SCRIPT_TOO_LONG steps[0].afterMs'],
    ['a finger of an hour', [tap(3_600_000)], 'SCRIPT_TOO_LONG steps[0].tap.durationMs'],
    ['a wait for nothing', [wait({})], 'INVALID_ARGUMENT steps[0].wait.condition'],
    [
      'a wait of an hour',
      [wait({ condition: pixel, timeoutMs: 3_600_000 })],
      'SCRIPT_TOO_LONG steps[0].wait.timeoutMs',
    ],
    [
      'a pixel beside the picture',
      [wait({ condition: { $case: 'pixel', value: { at: { x: 2, y: 0 } } } })],
      'INVALID_ARGUMENT steps[0].wait.pixel.at',
    ],
    [
      'a colour that is none',
      [wait({ condition: { $case: 'pixel', value: { at: { x: 0, y: 0 }, rgb: 0x1_00_00_00 } } })],
      'INVALID_ARGUMENT steps[0].wait.pixel.rgb',
    ],
    [
      'a region beside the picture',
      [wait({ condition: text({ region: { x: 0.5, y: 0, width: 0.6, height: 1 } }) })],
      'INVALID_ARGUMENT steps[0].wait.text.region',
    ],
    [
      'text of blanks',
      [wait({ condition: text({ text: ' \n' }) })],
      'INVALID_ARGUMENT steps[0].wait.text.text',
    ],
  ])('refuses %s', (_, steps, wanted) => {
    const made = plan(steps);
    expect('code' in made ? `${made.code} ${made.field}` : made).toBe(wanted);
  });
});

describe('planTempo', () => {
  const asked = { speed: 0, loops: 0, timeoutMs: 0 };
  it('is once, as recorded, within ten minutes, when nothing is said', () =>
    expect(planTempo(asked, { durationMs: 1_000 })).toEqual({ speed: 1, loops: 1, timeoutMs: 600_000 }));

  it.each([
    ['slower than a tenth', { speed: 9 }, 'INVALID_ARGUMENT speed'],
    ['faster than ten times', { speed: 1_001 }, 'INVALID_ARGUMENT speed'],
    ['for ever', { loops: 4_000_000_000 }, 'SCRIPT_TOO_LONG loops'],
    ['for two hours', { timeoutMs: 7_200_000 }, 'SCRIPT_TOO_LONG timeoutMs'],
    ['more rounds than its time has room for', { loops: 601 }, 'SCRIPT_TOO_LONG loops'],
    ['too slowly for its time', { loops: 600, speed: 99 }, 'SCRIPT_TOO_LONG loops'],
  ])('refuses to play %s', (_, over, wanted) => {
    const tempo = planTempo({ ...asked, ...over }, { durationMs: 1_000 });
    expect('code' in tempo ? `${tempo.code} ${tempo.field}` : tempo).toBe(wanted);
  });

  it('plays what fits', () =>
    expect(planTempo({ speed: 200, loops: 1_200, timeoutMs: 600_000 }, { durationMs: 1_000 })).toEqual({
      speed: 2,
      loops: 1_200,
      timeoutMs: 600_000,
    }));
});
