import { expect, it } from 'vitest';
import { stillWords } from './who.js';

it.each([
  [true, true, ''],
  [true, false, 'sees'],
  [false, true, 'touches'],
  [false, false, 'touches and sees'],
])(
  'of a viewer that was put out, controls ended %s, picture ended %s: %s',
  (controlEnded, pictureEnded, words) => {
    expect(stillWords({ controlEnded, pictureEnded })).toBe(words);
  },
);
