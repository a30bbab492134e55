import { describe, expect, it } from 'vitest';
import { isFull, placeStream, placeViewer, type WorkerLoad } from './placement.js';

/** Viewers, streams and packets a second (default 0) of worker 0, 1, …; null = that one is dead. */
const workers = (...loads: (readonly [number, number, number?] | null)[]): WorkerLoad[] =>
  loads.flatMap((load, index) =>
    load === null ? [] : [{ index, viewers: load[0], streams: load[1], packets: load[2] ?? 0 }],
  );
const budget = { viewers: 300, packets: 10_000 };

describe('placeStream', () => {
  it.each<[string, WorkerLoad[], number | undefined]>([
    ['nobody lives', [], undefined],
    ['all are empty', workers([0, 0], [0, 0]), 0],
    ['fewest viewers, whatever the streams', workers([9, 1], [3, 7]), 1],
    ['fewest streams of equally watched ones', workers([0, 2], [0, 1], [0, 1]), 1],
    ['fewest packets, whatever the viewers', workers([9, 1, 4_000], [70, 7, 300]), 1],
    ['a dead one is not chosen', workers(null, [50, 1]), 1],
  ])('%s', (_, loads, wanted) => {
    expect(placeStream(loads)).toBe(wanted);
  });
});

describe('isFull', () => {
  it.each<[string, WorkerLoad[], number, boolean]>([
    ['nobody lives', [], 0, true],
    ['one of them has room', workers([300, 1], [299, 0]), 0, false],
    ['viewers of all', workers([300, 1], [301, 0]), 0, true],
    ['packets of all', workers([9, 1, 9_900], [9, 0, 9_700]), 400, true],
    ['the last packets fit', workers([9, 1, 9_900], [9, 0, 9_600]), 400, false],
  ])('%s', (_, loads, rate, wanted) => {
    expect(isFull(loads, rate, budget)).toBe(wanted);
  });
});

describe('placeViewer', () => {
  it.each<[string, WorkerLoad[], number[], number | undefined]>([
    ['nobody lives', [], [0], undefined],
    ['the stream’s own worker has room', workers([299, 1], [0, 0]), [0], 0],
    ['it is full: the stream spreads to the emptiest', workers([300, 1], [7, 1], [2, 0]), [0], 2],
    ['it has spread: the second has room', workers([300, 1], [5, 0], [2, 0]), [0, 1], 1],
    ['a place became free on the first', workers([299, 1], [5, 0]), [0, 1], 0],
    ['the first stays first, whatever its index', workers([5, 0], [6, 1]), [1, 0], 1],
    ['full of another stream’s viewers', workers([300, 9], [0, 0]), [0], 1],
    ['all are full: the emptiest', workers([320, 1], [310, 0]), [0, 1], 1],
    ['all are full: also one that lacks the stream', workers([320, 1], [310, 0]), [0], 1],
    ['all are equally full: one that has the stream', workers([300, 1], [300, 1]), [1], 1],
    ['the worker it arrived on has just died', workers(null, [4, 0]), [0], 1],
  ])('%s', (_, loads, carrying, wanted) => {
    expect(placeViewer(loads, carrying, 0, budget)).toBe(wanted);
  });

  it.each<[string, WorkerLoad[], number[], number, number]>([
    ['few viewers of a film fill a worker', workers([25, 1, 9_800], [0, 0, 0]), [0], 400, 1],
    ['the last packets fit', workers([24, 1, 9_600], [0, 0, 0]), [0], 400, 0],
    ['emptiest is who sends least', workers([25, 1, 10_000], [9, 0, 3_600], [80, 0, 900]), [0], 400, 2],
    ['all are full', workers([40, 1, 16_000], [39, 0, 15_600]), [0], 400, 1],
    ['a film that no worker has room for', workers([0, 0, 0], [1, 0, 20_000]), [1], 20_000, 0],
  ])('%s', (_, loads, carrying, rate, wanted) => {
    expect(placeViewer(loads, carrying, rate, budget)).toBe(wanted);
  });

  it('spreads a hundred viewers of a film over two workers', () => {
    const viewers = [0, 0];
    for (let i = 0; i < 100; i++) {
      const loads = workers(
        [viewers[0] ?? 0, 1, (viewers[0] ?? 0) * 200],
        [viewers[1] ?? 0, 0, (viewers[1] ?? 0) * 200],
      );
      const index = placeViewer(loads, [0, 1], 200, budget) ?? -1;
      viewers[index] = (viewers[index] ?? 0) + 1;
    }
    expect(viewers).toEqual([50, 50]);
  });

  it('spreads a thousand viewers of one stream evenly over two workers', () => {
    const viewers = [0, 0];
    const carrying = [0];
    for (let i = 0; i < 1_000; i++) {
      const index =
        placeViewer(workers([viewers[0] ?? 0, 1], [viewers[1] ?? 0, 0]), carrying, 0, budget) ?? -1;
      viewers[index] = (viewers[index] ?? 0) + 1;
      if (!carrying.includes(index)) carrying.push(index);
    }
    expect(viewers).toEqual([500, 500]);
  });
});
