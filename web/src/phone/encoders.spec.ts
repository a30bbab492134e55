import { expect, it } from 'vitest';
import {
  draftOf,
  encoderLimits,
  encoderMistakes,
  encoderOf,
  encoders,
  encoderWords,
  nameOfEncoder,
} from './encoders.js';

it.each([
  [encoders.Sharp, 'Sharp', '8 Mb/s, 60 fps, its own size'],
  [encoders.Light, 'Light', '1 Mb/s, 30 fps, 720 px'],
  [{ bitRate: 0, maxFps: 0, maxSize: 0 }, 'Standard', '4 Mb/s, 60 fps, its own size'],
  [{ bitRate: 2_500_000, maxFps: 24, maxSize: 640 }, undefined, '2.5 Mb/s, 24 fps, 640 px'],
])('%j is called %s: %s', (encoder, name, words) => {
  expect(nameOfEncoder(encoder)).toBe(name);
  expect(encoderWords(encoder)).toBe(words);
});

it.each([encoders.Light, encoders.Sharp, { bitRate: 123_456, maxFps: 7, maxSize: 181 }])(
  'a form that is left as it began changes nothing: %j',
  (encoder) => expect(encoderOf(draftOf(encoder))).toEqual(encoder),
);

it.each([NaN, 0])('%j in a form is the default', (none) =>
  expect(encoderOf({ mbits: none, maxFps: none, maxSize: none })).toEqual(encoders.Standard),
);

it('takes the least and the most that the farm takes, and the phone’s own size, and nothing beyond', () => {
  const { bitRate, maxFps, maxSize } = encoderLimits;
  const of = (end: 'min' | 'max', by: number) => ({
    bitRate: bitRate[end] + by,
    maxFps: maxFps[end] + by,
    maxSize: maxSize[end] + by,
  });
  expect(encoderMistakes({ ...of('min', 0), maxSize: 0 })).toEqual({});
  expect(encoderMistakes(of('min', 0))).toEqual({});
  expect(encoderMistakes(of('max', 0))).toEqual({});
  expect(Object.keys(encoderMistakes(of('max', 1)))).toEqual(['bitRate', 'maxFps', 'maxSize']);
  expect(Object.keys(encoderMistakes(of('min', -1)))).toEqual(['bitRate', 'maxFps', 'maxSize']);
});
