import type { types } from 'mediasoup';
import type { viewer as protocol } from '@ancloud/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Layer, Link } from '../core/layer-choice.js';
import type { Branch } from '../workers/branch.js';
import { LayerSwitch } from './layer-switch.js';

const MAIN_BPS = 3_000_000;
const WEAK: Link = { availableBps: 500_000, score: 10 };
const FINE: Link = { availableBps: 6_000_000, score: 10 };

let video: string;
let link: Link;
/** What happened, in order. */
let log: string[];
/** By consumer: its first key frame goes out. */
let pictured: Map<string, () => void>;
let told: protocol.ConsumerOptions[];

const producer = (id: string): types.Producer => ({ id }) as types.Producer;
const receiver = {
  begin: () => Promise.resolve(undefined),
  consume: () => Promise.resolve([]),
  watchLink: () => Promise.resolve(),
  waits: false,
  get video() {
    return video;
  },
  get link() {
    return link;
  },
  offer: ({ id }: types.Producer, _: Layer, first: () => void) => {
    pictured.set(`co_${id}`, first);
    log.push(`offer ${id}`);
    return Promise.resolve({ id: `co_${id}` } as protocol.ConsumerOptions);
  },
  resume: (id: unknown) => Promise.resolve(void log.push(`resume ${String(id)}`)),
  pause: (id: unknown) => Promise.resolve(void log.push(`pause ${String(id)}`)),
  keep: (id: string) => {
    log.push(`keep ${id}, end ${video}`);
    video = id;
  },
  drop: (id: string) => void log.push(`drop ${id}`),
};
/** The low layer has begun. */
let begun: Promise<void>;
const stream = {
  takeLow: () => begun.then(() => ({ producer: producer('low'), leave: () => void log.push('leave') })),
  mainPicture: () => Promise.resolve(producer('main')),
  layerChanged: (to: Layer) => void log.push(`changed ${to}`),
  layerFailed: (to: Layer) => void log.push(`failed ${to}`),
};
const made = async (notify?: ConstructorParameters<typeof LayerSwitch>[3]): Promise<LayerSwitch> => {
  const layers = new LayerSwitch(stream, {} as Branch, receiver, notify);
  await layers.want('auto');
  return layers;
};
/** So many seconds of a link, judged each second. */
const over = async (layers: LayerSwitch, now: Link, seconds: number): Promise<void> => {
  link = now;
  for (let passed = 0; passed < seconds; passed += 1) {
    await vi.advanceTimersByTimeAsync(1_000);
    layers.judge(performance.now(), MAIN_BPS);
  }
  await vi.advanceTimersByTimeAsync(0);
};

beforeEach(() => {
  vi.useFakeTimers();
  begun = Promise.resolve();
  [video, link, log, pictured, told] = ['co_main', FINE, [], new Map(), []];
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a viewer that cannot be told', () => {
  it('is sent the low layer when its link is weak, and the main one again; each change at a key frame', async () => {
    const layers = await made();
    await over(layers, WEAK, 7);
    expect(log).toEqual(['offer low', 'resume co_low']);
    expect(layers.layer).toBe('main');
    pictured.get('co_low')?.();
    expect(layers.layer).toBe('low');
    await over(layers, FINE, 9);
    pictured.get('co_main')?.();
    expect(layers.layer).toBe('main');
    expect(log.slice(2)).toEqual([
      'keep co_low, end co_main',
      'changed low',
      'offer main',
      'resume co_main',
      'leave',
      'keep co_main, end co_low',
      'changed main',
    ]);
    layers.close();
  });

  it('keeps what it has when no key frame comes in time: that was never silent, and is not asked for one', async () => {
    const layers = await made();
    await over(layers, WEAK, 7);
    await over(layers, WEAK, 8);
    expect(log).toEqual(['offer low', 'resume co_low', 'leave', 'failed low', 'drop co_low']);
    // One that comes too late changes nothing.
    pictured.get('co_low')?.();
    expect(video).toBe('co_main');
    expect(layers.layer).toBe('main');
    layers.close();
  });

  it('begins anew with the main layer when the stream has new producers', async () => {
    const layers = await made();
    await over(layers, WEAK, 7);
    pictured.get('co_low')?.();
    layers.replaced();
    expect(layers.layer).toBe('main');
    expect(log.at(-1)).toBe('leave');
    await over(layers, WEAK, 7);
    layers.close();
    layers.close();
    expect(log.slice(-3)).toEqual(['offer low', 'resume co_low', 'leave']);
  });
});

describe('a viewer that is told', () => {
  it('resumes and shows the new layer itself; on the way down the old one is silent from its key frame on', async () => {
    const layers = await made((method, data) => {
      if (method === 'layer' && 'layer' in data) told.push(data.consumer);
    });
    await over(layers, WEAK, 7);
    expect(told).toEqual([{ id: 'co_low' }]);
    pictured.get('co_low')?.();
    expect(log).toEqual(['offer low', 'pause co_main']);
    layers.swapped('co_low');
    expect(log.slice(2)).toEqual(['keep co_low, end co_main', 'changed low']);
    layers.close();
  });

  it('has a layer taken back that it does not show in 8 s: the old one goes on, and what it says later is refused', async () => {
    const notified: string[] = [];
    const layers = await made((method, data) => {
      notified.push(`${method} ${'layer' in data ? data.consumer.id : data.consumer}`);
    });
    await layers.want('low');
    await vi.advanceTimersByTimeAsync(0);
    pictured.get('co_low')?.();
    await vi.advanceTimersByTimeAsync(7_999);
    expect(notified).toEqual(['layer co_low']);
    await vi.advanceTimersByTimeAsync(1);
    expect(notified).toEqual(['layer co_low', 'layerDropped co_low']);
    expect(log).toEqual([
      'offer low',
      'pause co_main',
      'leave',
      'failed low',
      'drop co_low',
      'resume co_main',
    ]);
    expect(() => layers.swapped('co_low')).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }));
    expect(layers.layer).toBe('main');
    layers.close();
  });

  it('keeps the low picture going until the main one is shown: there is room for both', async () => {
    const layers = await made(() => undefined);
    await layers.want('low');
    await vi.advanceTimersByTimeAsync(0);
    layers.swapped('co_low');
    await layers.want('main');
    await vi.advanceTimersByTimeAsync(0);
    pictured.get('co_main')?.();
    expect(log.at(-1)).toBe('offer main');
    layers.swapped('co_main');
    expect(log.slice(-3)).toEqual(['leave', 'keep co_main, end co_low', 'changed main']);
    layers.close();
  });

  it.each([
    ['ends', (layers: LayerSwitch) => layers.close()],
    ['begins anew', (layers: LayerSwitch) => layers.replaced()],
  ])('one that %s while the low layer begins has no seat there', async (_, happens) => {
    const beginning = Promise.withResolvers<void>();
    begun = beginning.promise;
    const layers = await made(() => undefined);
    await layers.want('low');
    happens(layers);
    beginning.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['leave']);
    layers.close();
  });

  it('is offered one layer at a time, whatever it asks for; the last wish counts when that is shown', async () => {
    const layers = await made(() => undefined);
    for (const wish of ['low', 'main', 'low', 'main']) await layers.want(wish);
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['offer low']);
    layers.swapped('co_low');
    await vi.advanceTimersByTimeAsync(0);
    expect(log.slice(1)).toEqual(['keep co_low, end co_main', 'changed low', 'offer main']);
    await expect(layers.want('best')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    layers.close();
  });
});
