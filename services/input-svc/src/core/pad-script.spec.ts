import { type DeepPartial, PlayPad } from '@ancloud/contracts/input/v1/inject';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from './fingers.js';
import { planPad } from './pad-script.js';
import { scriptLimits } from './script-limits.js';

const plan = (given: DeepPartial<PlayPad>) => planPad(PlayPad.fromPartial(given));

/** `20 w 3 b1 1,0,0,0 0,0` = at 20 ms the third state, waited for: button bits 1, sticks, triggers. */
function lines(given: DeepPartial<PlayPad>): string[] {
  const made = plan(given);
  if ('code' in made) return [`${made.code} ${made.field}`];
  return made.steps.flatMap(({ atMs, inputs, moves, waits }) =>
    inputs.map((input) => {
      if (input.$case !== 'pad') return input.$case;
      const { sequence, buttons, leftX, leftY, rightX, rightY, leftTrigger, rightTrigger } = input.value;
      const way = moves ? 'm' : waits === true ? 'w' : '?';
      return `${atMs} ${way} ${sequence} b${buttons} ${[leftX, leftY, rightX, rightY].join()} ${leftTrigger},${rightTrigger}`;
    }),
  );
}

describe('planPad', () => {
  it('presses a button for a moment, and is at rest then', () =>
    expect(lines({ moments: [{ buttons: 1 }] })).toEqual(['0 w 1 b1 0,0,0,0 0,0', '60 w 2 b0 0,0,0,0 0,0']));

  it('waits for what a button does, not for a stick on its way', () =>
    expect(
      lines({
        moments: [
          { atMs: 10, leftX: -1 },
          { atMs: 20, leftX: 0.5, rightTrigger: 1 },
          { atMs: 30, leftX: 0.5, buttons: 2 },
        ],
        durationMs: 100,
      }),
    ).toEqual([
      '10 w 1 b0 -32767,0,0,0 0,0',
      '20 m 2 b0 16384,0,0,0 0,32767',
      '30 w 3 b2 16384,0,0,0 0,0',
      '100 w 4 b0 0,0,0,0 0,0',
    ]));

  it('is played again from rest', () =>
    expect(lines({ moments: [{ buttons: 4 }], durationMs: 50, repeat: 2 })).toEqual([
      '0 w 1 b4 0,0,0,0 0,0',
      '50 w 2 b0 0,0,0,0 0,0',
      '50 w 3 b4 0,0,0,0 0,0',
      '100 w 4 b0 0,0,0,0 0,0',
    ]));

  it.each<[string, DeepPartial<PlayPad>, string]>([
    ['nothing', {}, 'INVALID_ARGUMENT gamepad.moments'],
    ['a stick beyond its end', { moments: [{ leftY: 1.01 }] }, 'INVALID_ARGUMENT gamepad.moments[0].leftY'],
    [
      'a stick that is no number',
      { moments: [{ rightX: NaN }] },
      'INVALID_ARGUMENT gamepad.moments[0].rightX',
    ],
    [
      'a trigger below rest',
      { moments: [{ leftTrigger: -0.1 }] },
      'INVALID_ARGUMENT gamepad.moments[0].leftTrigger',
    ],
    [
      'a button that is none',
      { moments: [{ buttons: 1 << 17 }] },
      'INVALID_ARGUMENT gamepad.moments[0].buttons',
    ],
    ['two at once', { moments: [{ atMs: 5 }, { atMs: 5 }] }, 'INVALID_ARGUMENT gamepad.moments[1].atMs'],
    [
      'an end before the last',
      { moments: [{ atMs: 50 }], durationMs: 50 },
      'INVALID_ARGUMENT gamepad.durationMs',
    ],
    ['more than a minute', { moments: [{ atMs: 60_000 }] }, 'SCRIPT_TOO_LONG gamepad.durationMs'],
    ['repeats without end', { moments: [{}], repeat: 4_000_000_000 }, 'SCRIPT_TOO_LONG gamepad.repeat'],
    [
      'more inputs than are played',
      { moments: Array.from({ length: 9 }, (_, atMs) => ({ atMs })), durationMs: 9, repeat: 2_001 },
      'SCRIPT_TOO_LONG gamepad.repeat',
    ],
    [
      'more moments than are read',
      { moments: Array.from({ length: 10_001 }, (_, atMs) => ({ atMs })) },
      'SCRIPT_TOO_LONG gamepad.moments',
    ],
  ])('refuses %s', (_, given, wanted) => expect(lines(given)).toEqual([wanted]));

  it('grows in time and number, ends at rest, and within its time, whatever was asked for', () => {
    const share = fc.double({ min: -1, max: 1, noNaN: true });
    const moment = fc.record({
      atMs: fc.integer({ min: 0, max: 300 }),
      leftX: share,
      rightY: share,
      buttons: fc.integer({ min: 0, max: 0x1_ffff }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(moment, { selector: ({ atMs }) => atMs, minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 9 }),
        (moments, repeat) => {
          const made = plan({ moments: moments.toSorted((a, b) => a.atMs - b.atMs), repeat }) as Plan;
          expect(made.durationMs).toBeLessThanOrEqual(scriptLimits.durationMs);
          let [before, number] = [0, 0];
          for (const { atMs, inputs } of made.steps) {
            expect(atMs).toBeGreaterThanOrEqual(before);
            before = atMs;
            const [input] = inputs;
            expect(input?.$case === 'pad' && input.value.sequence).toBe((number += 1));
          }
          expect(made.steps.at(-1)).toMatchObject({
            atMs: made.durationMs,
            inputs: [{ value: { buttons: 0, leftX: 0, rightY: 0 } }],
          });
        },
      ),
    );
  });
});
