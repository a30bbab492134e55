import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { expect, it } from 'vitest';
import type { Stream } from '../streams/stream.js';
import type { Branch } from '../workers/branch.js';
import { Tap } from './tap.js';

class FakeConsumer extends EventEmitter {
  readonly kind = 'audio';
  closed = false;
  close(): void {
    this.closed = true;
  }
}

it('what comes while it waits for the first picture is consumed once', async () => {
  const made: FakeConsumer[] = [];
  const consumeFrames = (): Promise<FakeConsumer> => {
    const consumer = new FakeConsumer();
    made.push(consumer);
    return Promise.resolve(consumer);
  };
  const branch = { consumeFrames } as unknown as Branch;
  const first = Promise.withResolvers<types.Producer[]>();
  let tap: Tap | undefined;
  const stream = {
    seat: (_id: string, _shape: unknown, make: (branch: Branch, left: () => void) => Tap) => {
      tap = make(branch, () => undefined);
      return Promise.resolve(tap);
    },
    producers: () => first.promise,
    wantKeyFrame: () => undefined,
  } as unknown as Stream;
  const nothing = (): void => undefined;
  let sounds = 0;
  const opened = Tap.open(stream, {
    id: 'rc_1',
    tracks: nothing,
    picture: nothing,
    sound: () => (sounds += 1),
    lost: nothing,
    ended: nothing,
  });
  await Promise.resolve();
  // As `Stream` does it: who waits hears that there is one, then everybody that it is another.
  first.resolve([{} as types.Producer]);
  tap?.replaced();
  await opened;
  await new Promise((resolve) => setImmediate(resolve));
  expect(made.filter(({ closed }) => !closed)).toHaveLength(1);
  const packet = Buffer.from('8061000100000001000000010a', 'hex');
  for (const consumer of made) if (!consumer.closed) consumer.emit('rtp', packet);
  expect(sounds).toBe(1);
  tap?.leave();
});
