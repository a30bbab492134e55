import { describe, expect, it } from 'vitest';
import { rangeOf, stepOfField, stepsOf, textOf, withStep } from './macro-text.js';

const steps = [
  { afterMs: 0, tap: { at: { x: 0.5, y: 0.62 } } },
  { text: { text: 'a "quoted", [odd] \\ text }' } },
  { key: { keycode: 66 } },
];

describe('stepsOf', () => {
  it.each([
    ['a list', JSON.stringify(steps)],
    ['a whole macro, as the farm answers it', JSON.stringify({ macroId: 'mc_1', name: 'x', steps })],
    ['what textOf wrote', textOf(steps)],
  ])('reads %s', (_, text) => expect(stepsOf(text)).toEqual(steps));

  it.each(['{', '[1,]', '{}', 'null', '3', '{"steps":{}}'])('refuses %s', (text) =>
    expect(() => stepsOf(text)).toThrow(SyntaxError),
  );
});

describe('withStep', () => {
  const step = { tap: { at: { x: 0.1, y: 0.2 } } };

  it.each([
    ['no step', '[]', []],
    ['steps as they are written', '[\n\n{"key":{"keycode":66}}\n\n]\n', [{ key: { keycode: 66 } }]],
    ['a whole macro', JSON.stringify({ name: 'x', steps }), steps],
    ['what textOf wrote', textOf(steps), steps],
  ])('adds to %s', (_, text, before) => expect(stepsOf(withStep(text, step))).toEqual([...before, step]));

  it('leaves what was written', () =>
    expect(withStep('[{"key":\n  {"keycode":66}}]', step)).toBe(
      '[{"key":\n  {"keycode":66}},\n  { "tap": { "at": { "x": 0.1, "y": 0.2 } } }\n]\n',
    ));

  it('throws at what is no list', () => expect(() => withStep('[', step)).toThrow(SyntaxError));
});

it.each([
  ['steps.2.tap.at.x', 2],
  ['steps[11]', 11],
  ['steps', undefined],
  ['name', undefined],
])('stepOfField %s', (field, step) => expect(stepOfField(field)).toBe(step));

describe('rangeOf', () => {
  it.each([
    ['as textOf writes', textOf(steps)],
    ['without any space', JSON.stringify(steps)],
    ['with much', JSON.stringify(steps, null, 4)],
    ['of a whole macro', JSON.stringify({ name: 'a "steps": [', steps }, null, 2)],
  ])('finds each step %s', (_, text) => {
    for (const [index, step] of steps.entries()) {
      const range = rangeOf(text, index);
      expect(JSON.parse(text.slice(range?.from, range?.to))).toEqual(step);
    }
    expect(rangeOf(text, steps.length)).toBeUndefined();
  });

  it.each(['', '[]', 'null', '{"steps":3}'])('finds none in %j', (text) =>
    expect(rangeOf(text, 0)).toBeUndefined(),
  );
});
