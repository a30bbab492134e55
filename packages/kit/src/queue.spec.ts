import { describe, expect, it } from 'vitest';
import { BoundedQueue } from './queue.js';

/** `m…` = a move (droppable), `d…` = a down or up (kept), `s…` = a size (latest wins). */
const make = (limit = 3, hardLimit = 5): BoundedQueue<string> =>
  new BoundedQueue<string>({
    limit,
    hardLimit,
    droppable: (item) => item.startsWith('m'),
    latestKey: (item) => (item.startsWith('s') ? 'size' : undefined),
  });
const rest = (queue: BoundedQueue<string>): string[] => {
  const items: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
};
const fill = (queue: BoundedQueue<string>, text: string) => text.split(' ').map((item) => queue.push(item));

describe('BoundedQueue', () => {
  it.each([
    ['keeps order below its limit', 'm1 d1 m2', ['queued', 'queued', 'queued'], ['m1', 'd1', 'm2'], 0],
    [
      'drops the oldest move for a newer one',
      'm1 d1 m2 m3',
      ['queued', 'queued', 'queued', 'queued'],
      ['d1', 'm2', 'm3'],
      1,
    ],
    [
      'drops a move for a down',
      'm1 d1 d2 d3',
      ['queued', 'queued', 'queued', 'queued'],
      ['d1', 'd2', 'd3'],
      1,
    ],
    [
      'refuses a move when nothing else may go',
      'd1 d2 d3 m1',
      ['queued', 'queued', 'queued', 'dropped'],
      ['d1', 'd2', 'd3'],
      1,
    ],
    [
      'takes downs beyond the limit',
      'd1 d2 d3 d4 d5',
      ['queued', 'queued', 'queued', 'queued', 'queued'],
      ['d1', 'd2', 'd3', 'd4', 'd5'],
      0,
    ],
    [
      'says overflow at the hard limit',
      'd1 d2 d3 d4 d5 d6',
      ['queued', 'queued', 'queued', 'queued', 'queued', 'overflow'],
      ['d1', 'd2', 'd3', 'd4', 'd5'],
      1,
    ],
    [
      'keeps the latest size in the place of the first',
      's1 d1 s2',
      ['queued', 'queued', 'replaced'],
      ['s2', 'd1'],
      0,
    ],
  ])('%s', (_name, items, outcomes, left, dropped) => {
    const queue = make();
    expect(fill(queue, items)).toEqual(outcomes);
    expect(rest(queue)).toEqual(left);
    expect(queue.dropped).toBe(dropped);
  });

  it('hands over to one who waits, and tells of its end after the last item', async () => {
    const queue = make();
    const first = queue.next();
    queue.push('d1');
    expect(await first).toBe('d1');
    queue.push('d2');
    queue.close();
    expect(queue.push('d3')).toBe('dropped');
    expect(await queue.next()).toBe('d2');
    expect(await queue.next()).toBeUndefined();
    const other = make();
    const waiting = other.next();
    other.close();
    expect(await waiting).toBeUndefined();
  });

  it('forgets on clear', () => {
    const queue = make();
    fill(queue, 'd1 m1');
    expect(queue.clear()).toBe(2);
    expect(queue.length).toBe(0);
  });
});
