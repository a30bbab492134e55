import { describe, expect, it } from 'vitest';
import { chooseLive, LIVE_MAX, type Tile } from './live-choice.js';

const tile = (phoneId: string, is: Partial<Tile> = {}): Tile => ({
  phoneId,
  viewable: true,
  inSight: true,
  rests: false,
  ...is,
});
const wall = (...ids: string[]): Tile[] => ids.map((id) => tile(id));
const chosen = (tiles: readonly Tile[], moving: readonly string[] = [], most?: number): string[] => [
  ...chooseLive(tiles, new Set(moving), most),
];

describe('chooseLive', () => {
  it('takes those in sight, in the order of the wall, and no more than are allowed', () => {
    expect(chosen(wall('a', 'b', 'c'), [], 2)).toEqual(['a', 'b']);
    const many = Array.from({ length: 3 * LIVE_MAX }, (_, index) => tile(`ph_${index}`));
    expect(chosen(many)).toEqual(many.slice(0, LIVE_MAX).map(({ phoneId }) => phoneId));
  });

  it.each<[string, Partial<Tile>]>([
    ['is out of sight', { inSight: false }],
    ['shows a phone that is paused or stopped', { viewable: false }],
    ['has failed a moment ago', { rests: true }],
  ])('leaves out one that %s, also when it moves, and gives its place to another', (_, is) => {
    expect(chosen([tile('a', is), ...wall('b', 'c')], ['a'], 2)).toEqual(['b', 'c']);
  });

  it('ends none that moves because the wall has another order', () => {
    expect(chosen(wall('new', 'a', 'b'), ['a', 'b'], 2)).toEqual(['a', 'b']);
    expect(chosen(wall('new', 'b', 'a'), ['a', 'b'], 3)).toEqual(['b', 'a', 'new']);
  });

  it('forgets those that are gone', () => {
    expect(chosen(wall('b'), ['a', 'b'])).toEqual(['b']);
    expect(chosen([], ['a'])).toEqual([]);
  });
});
