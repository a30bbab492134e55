import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PictureTrace } from './picture-trace.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A consumer whose worker tells what it was asked to. */
class Traced extends EventEmitter {
  told: readonly string[] = [];
  readonly enableTraceEvent = async (events: readonly string[] = []): Promise<void> => {
    this.told = events;
  };
  /** Answers whether it was told. */
  comes(type: 'pli' | 'fir' | 'keyframe'): boolean {
    const told = this.told.includes(type);
    if (told) this.emit('trace', { type });
    return told;
  }
}

function traced() {
  const consumer = new Traced();
  const log: string[] = [];
  const trace = new PictureTrace(consumer as unknown as types.Consumer, {
    first: () => log.push('first'),
    asked: (why) => log.push(why),
    flooded: () => log.push('flooded'),
  });
  return { consumer, log, trace };
}

it('is joining before its first key frame, and has lost something after it', () => {
  const { consumer, log, trace } = traced();
  consumer.comes('pli');
  consumer.comes('keyframe');
  expect(consumer.comes('keyframe')).toBe(false);
  consumer.comes('fir');
  trace.again();
  consumer.comes('pli');
  consumer.comes('keyframe');
  expect(log).toEqual(['join', 'first', 'loss', 'join', 'first']);
});

it('costs no event more when it asks without end, hears key frames meanwhile, and listens again after', async () => {
  const { consumer, log } = traced();
  let told = 0;
  const flood = (): void => {
    for (let i = 0; i < 1_000; i++) if (consumer.comes('pli')) told += 1;
  };
  flood();
  expect(told).toBe(21);
  expect(log.filter((line) => line === 'flooded')).toEqual(['flooded']);
  expect(consumer.comes('keyframe')).toBe(true);
  await vi.advanceTimersByTimeAsync(999);
  flood();
  expect(told).toBe(21);
  await vi.advanceTimersByTimeAsync(1);
  flood();
  // What a second gives back, and the one that is too many.
  expect(told).toBe(32);
  await vi.advanceTimersByTimeAsync(10_000);
  log.length = 0;
  consumer.comes('pli');
  expect(log).toEqual(['loss']);
});
