import { describe, expect, it } from 'vitest';
import {
  chooseLayer,
  firstLayer,
  type Layer,
  type LayerState,
  type LinkFacts,
  refused,
  switched,
} from './layer-choice.js';

const good: Omit<LinkFacts, 'atMs'> = { mainBps: 4_000_000, availableBps: 6_000_000, score: 10 };
const weak = { ...good, availableBps: 1_500_000 };

/** A viewer who is asked each second; a wish for the other layer is carried out at once. */
class Viewer {
  state: LayerState;
  atMs = 0;

  constructor(layer: Layer = 'main') {
    this.state = firstLayer(layer, 0);
  }

  /** Seconds until it changes under these facts; undefined when it does not within `seconds`. */
  until(facts: Partial<LinkFacts>, seconds = 400): number | undefined {
    for (let passed = 1; passed <= seconds; passed++) {
      this.atMs += 1_000;
      const { state, want } = chooseLayer(this.state, { ...good, ...facts, atMs: this.atMs });
      this.state = state;
      if (want === state.layer) continue;
      this.state = switched(state, this.atMs);
      return passed;
    }
    return undefined;
  }
}

describe('a viewer of the main layer', () => {
  it.each<[string, Partial<LinkFacts>]>([
    ['a link that takes it', {}],
    ['a link a little too weak', { availableBps: 3_000_000 }],
    ['some loss', { score: 6 }],
    ['a still screen, whatever the link', { mainBps: 20_000, availableBps: 10_000, score: 0 }],
    ['an end that tells nothing of its link', { availableBps: undefined }],
  ])('keeps it over %s', (_, facts) => {
    expect(new Viewer().until(facts)).toBeUndefined();
  });

  it.each<[string, Partial<LinkFacts>]>([
    ['an estimate below 0.7 of it', { availableBps: 2_790_000 }],
    ['heavy loss', { score: 5 }],
    ['heavy loss at an end that tells nothing', { score: 2, availableBps: undefined }],
  ])('gets the low layer after %s: three seconds of it, from the fourth second on', (_, facts) => {
    expect(new Viewer().until(facts)).toBe(7);
  });

  it('keeps it when each weak moment is short', () => {
    const viewer = new Viewer();
    for (let round = 0; round < 20; round++) {
      expect(viewer.until(weak, 3)).toBeUndefined();
      expect(viewer.until(good, 1)).toBeUndefined();
    }
  });
});

describe('a viewer of the low layer', () => {
  it.each<[string, Partial<LinkFacts>]>([
    ['a link that takes just the main layer', { availableBps: 4_700_000 }],
    ['loss', { score: 7 }],
    ['a link that stays weak', weak],
    [
      'a link of which too little is known for a main layer of 50 Mb/s',
      { mainBps: 50_000_000, availableBps: 5_300_000 },
    ],
  ])('keeps it over %s', (_, facts) => {
    expect(new Viewer('low').until(facts)).toBeUndefined();
  });

  it.each<[string, Partial<LinkFacts>]>([
    ['the link is good', {}],
    ['the screen stands still', { mainBps: 0, availableBps: 300_000 }],
    ['there is no loss and nothing else is known', { availableBps: undefined }],
    // mediasoup tells of no more than 6 Mb/s of who is sent the low layer.
    ['a main layer of 8 Mb/s meets the highest estimate', { mainBps: 8_000_000, availableBps: 5_500_000 }],
    ['a main layer of 50 Mb/s meets it', { mainBps: 50_000_000, availableBps: 5_500_000 }],
  ])('gets the main layer back once %s for five seconds', (_, facts) => {
    expect(new Viewer('low').until(facts)).toBe(9);
  });

  it('waits twice as long after each return that did not last, and no longer than 160 s', () => {
    const viewer = new Viewer('low');
    const waits: (number | undefined)[] = [];
    for (let round = 0; round < 6; round++) {
      waits.push(viewer.until(good));
      viewer.until(weak);
    }
    expect(waits).toEqual([9, 14, 24, 44, 84, 164]);
  });

  it('loses two seconds by a return in vain where nothing is told but losses, and waits twice as long for the next', () => {
    const told = { availableBps: undefined };
    const viewer = new Viewer('low');
    const seconds = [1, 2, 3].flatMap(() => [viewer.until(told), viewer.until({ ...told, score: 0 })]);
    expect(seconds).toEqual([9, 2, 14, 2, 24, 2]);
    // One that has lasted was none in vain, and a burst is no weak link then.
    expect([viewer.until(told), viewer.until(told, 30), viewer.until({ ...told, score: 0 })]).toEqual([
      44,
      undefined,
      4,
    ]);
  });

  it('is trusted again after a return that lasted', () => {
    const viewer = new Viewer('low');
    viewer.until(good);
    viewer.until(weak);
    expect(viewer.until(good)).toBe(14);
    expect(viewer.until(good, 30)).toBeUndefined();
    viewer.until(weak);
    expect(viewer.until(good)).toBe(9);
  });
});

it('a layer that does not come is asked for less and less', () => {
  let state = firstLayer('main', 0);
  const asked: number[] = [];
  for (let atMs = 1_000; atMs <= 400_000; atMs += 1_000) {
    const chosen = chooseLayer(state, { ...weak, atMs });
    state = chosen.state;
    if (chosen.want === 'main') continue;
    asked.push(atMs / 1_000);
    state = refused(state, atMs);
  }
  expect(asked).toEqual([7, 18, 37, 72, 139, 270]);
});
