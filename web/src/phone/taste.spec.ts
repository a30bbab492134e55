import { expect, it } from 'vitest';
import { tasteOf } from './taste.js';

const preset = { quality: 'auto', inStep: false, keys: 'text' };

it.each([
  [null, preset],
  ['', preset],
  ['{', preset],
  ['null', preset],
  ['[1]', preset],
  ['{"quality":"best","inStep":"yes","keys":"all"}', preset],
  ['{"quality":"low","inStep":true}', { quality: 'low', inStep: true, keys: 'text' }],
  ['{"quality":"high"}', { quality: 'high', inStep: false, keys: 'text' }],
  ['{"keys":"physical"}', { quality: 'auto', inStep: false, keys: 'physical' }],
])('tasteOf %j', (kept, taste) => expect(tasteOf(kept)).toEqual(taste));
