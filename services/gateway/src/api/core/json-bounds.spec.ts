import { describe, expect, it } from 'vitest';
import { beyondBounds, jsonBounds } from './json-bounds.js';

const many = (count: number, text: string): string => Array.from({ length: count }, () => text).join(',');
const { values, fields, depth } = jsonBounds;

describe('beyondBounds', () => {
  it.each([
    ['nothing', ''],
    ['one value', '5'],
    ['as many values as may be', `[${many(values - 1, '0')}]`],
    ['as many fields, in each of several objects', `[${many(9, `{${many(fields, '"a":0')}}`)}]`],
    ['lists as deep', '['.repeat(depth) + ']'.repeat(depth)],
    ['many that are not deep', `[${many(1_000, '[[]]')}]`],
    ['what only looks like it in a text', `["${'[,:{'.repeat(values)}\\"${'[,:{'.repeat(values)}\\\\"]`],
    ['more endings than beginnings', ']}:]}:'],
    ['a text without an end', '"\\'],
  ])('lets through %s', (_, text) => expect(beyondBounds(text)).toBeUndefined());

  it.each([
    ['values', `[${many(values, '0')}]`],
    ['values', `[${many(values / 2, '[]')}]`],
    ['values', `["a\\"",${many(values, '0')}]`],
    ['fields', `[{${many(fields + 1, '"a":0')}}]`],
    ['fields', `{"a":{},${many(fields, '"a":0')}}`],
    ['depth', '['.repeat(depth + 1)],
    ['depth', '{"a":'.repeat(depth + 1)],
  ])('finds too many or too much: %s', (bound, text) => expect(beyondBounds(text)).toBe(bound));
});
