import { expect, it } from 'vitest';
import { pieces } from './text.js';

const bytes = (text: string): number => new TextEncoder().encode(text).length;

it('leaves short text whole and makes nothing of nothing', () => {
  expect(pieces('Grüße, 世界')).toEqual(['Grüße, 世界']);
  expect(pieces('')).toEqual([]);
});

it.each([
  ['one byte each', 'a'.repeat(10_000)],
  ['three bytes each', '世'.repeat(5_000)],
  ['two UTF-16 units each', '😀'.repeat(3_000)],
])('pieces of %s fit and join to the text', (_, text) => {
  const all = pieces(text);
  expect(all.length).toBeGreaterThan(1);
  expect(Math.max(...all.map(bytes))).toBeLessThanOrEqual(4_096);
  expect(all.join('')).toBe(text);
});

it('keeps a family together, and cuts it only between characters when it must', () => {
  const family = '👨‍👩‍👧';
  expect(pieces(`aaaa${family}`, 20)).toEqual(['aaaa', family]);
  expect(pieces(family, 8)).toEqual(['👨‍', '👩‍', '👧']);
});

it('replaces a lone surrogate', () => expect(pieces('a\uD83Db')).toEqual(['a\uFFFDb']));
