import { expect, it } from 'vitest';
import { tasteOf } from './taste.js';

const preset = { quality: 'auto', inStep: false };

it.each([
  [null, preset],
  ['', preset],
  ['{', preset],
  ['null', preset],
  ['[1]', preset],
  ['{"quality":"best","inStep":"yes"}', preset],
  ['{"quality":"low","inStep":true}', { quality: 'low', inStep: true }],
  ['{"quality":"high"}', { quality: 'high', inStep: false }],
])('tasteOf %j', (kept, taste) => expect(tasteOf(kept)).toEqual(taste));
