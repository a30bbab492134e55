import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Layer } from '../core/layer-choice.js';
import type { Watchable } from '../streams/stream-viewer.js';
import type { Branch } from '../workers/branch.js';
import type { ViewerTransport } from '../workers/transport-options.js';
import { Receiver } from './receiver.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class FakeConsumer extends EventEmitter {
  readonly kind = 'video';
  readonly producerId = 'pr';
  readonly rtpParameters = {};
  readonly observer = new EventEmitter();
  readonly enableTraceEvent = (): Promise<void> => Promise.resolve();
  paused = true;
  closed = false;
  constructor(readonly id: string) {
    super();
  }
  resume(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): Promise<void> {
    this.paused = true;
    return Promise.resolve();
  }
  close(): void {
    this.closed = true;
    this.observer.emit('close');
  }
}

async function received() {
  const made: FakeConsumer[] = [];
  const wishes: string[] = [];
  const transport = Object.assign(new EventEmitter(), {
    dtlsState: 'connected',
    iceState: 'completed',
    close: () => undefined,
    consume: () => {
      const consumer = new FakeConsumer(`co_${made.length}`);
      made.push(consumer);
      return Promise.resolve(consumer);
    },
  });
  const stream = {
    producersNow: () => Promise.resolve([{ id: 'pr', kind: 'video' }]),
    wantKeyFrame: (why: string) => void wishes.push(why),
    joined: () => undefined,
  } as unknown as Watchable;
  const receiver = await Receiver.create(
    stream,
    { canConsume: () => true } as unknown as Branch,
    Promise.resolve(transport as unknown as ViewerTransport),
  );
  const consume = async (): Promise<void> => {
    const [one] = await receiver.consume({});
    await receiver.resume(one?.id);
  };
  const offer = async (layer: Layer, id: string = layer): Promise<string> =>
    (await receiver.offer({ id } as types.Producer, layer, () => undefined)).id;
  const pictured = (): void => void made.at(-1)?.emit('trace', { type: 'keyframe' });
  return { receiver, transport, made, wishes, consume, offer, pictured };
}

it('who consumes again and again is sent the picture once, and gets key frames as a weak link does', async () => {
  const { receiver, made, wishes, consume } = await received();
  for (let round = 0; round < 20; round += 1) await consume();
  expect(made.filter(({ closed }) => !closed)).toEqual([made.at(-1)]);
  expect(receiver.consumers).toEqual([made.at(-1)]);
  expect(receiver.video).toBe(made.at(-1)?.id);
  // A join, three more at once, and then losses; PLI of a picture that never began is none better.
  expect(wishes).toEqual(['join', 'join', 'join', 'join', ...Array<string>(16).fill('loss')]);
  made.at(-1)?.emit('trace', { type: 'pli' });
  expect(wishes.at(-1)).toBe('loss');
  receiver.close();
});

it('a stream with new producers is a beginning', async () => {
  const { receiver, wishes, consume } = await received();
  for (let round = 0; round < 6; round += 1) await consume();
  expect(wishes.at(-1)).toBe('loss');
  receiver.replaced();
  await consume();
  expect(wishes.at(-1)).toBe('join');
  receiver.close();
});

describe('a viewer has three joins more, and one each 10 s', () => {
  it('also by going from layer to layer, and what it spends there is missing elsewhere', async () => {
    const { receiver, wishes, consume, offer, pictured } = await received();
    await consume();
    for (const layer of ['low', 'main', 'low', 'main', 'low'] as const) {
      const id = await offer(layer);
      await receiver.resume(id);
      pictured();
      receiver.keep(id);
    }
    expect(wishes).toEqual(['join', 'join', 'join', 'join', 'loss', 'loss']);
    await vi.advanceTimersByTimeAsync(10_000);
    await receiver.resume(await offer('main'));
    await consume();
    expect(wishes.slice(6)).toEqual(['join', 'loss']);
    receiver.close();
  });

  it('also by pauses before the first picture', async () => {
    const { receiver, wishes, consume, made } = await received();
    await consume();
    for (let round = 0; round < 6; round += 1) {
      await receiver.pause(made[0]?.id);
      await receiver.resume(made[0]?.id);
    }
    expect(wishes).toEqual(['join', 'join', 'join', 'join', 'loss', 'loss', 'loss']);
    receiver.close();
  });

  it('and always one for a link that is judged weak and fine as often as it can be', async () => {
    const { receiver, wishes, consume, offer, pictured } = await received();
    await consume();
    for (let round = 0; round < 20; round += 1) {
      await vi.advanceTimersByTimeAsync(round % 2 === 0 ? 7_000 : 9_000 * 2 ** Math.min(4, (round - 1) / 2));
      const id = await offer(round % 2 === 0 ? 'low' : 'main');
      await receiver.resume(id);
      pictured();
      receiver.keep(id);
    }
    expect(new Set(wishes)).toEqual(new Set(['join']));
    receiver.close();
  });
});

it('nobody asks for a picture that is paused: not its receiver, and not once more each second', async () => {
  const { receiver, made, wishes, consume } = await received();
  await receiver.consume({});
  for (const type of ['pli', 'fir']) made[0]?.emit('trace', { type });
  expect(wishes).toEqual([]);
  await consume();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(wishes).toEqual(['join', 'join']);
  await receiver.pause(made[1]?.id);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wishes).toHaveLength(2);
  receiver.close();
});

it('a viewer waits for one picture: it is asked for each second until it comes, and not more often when it is resumed twice', async () => {
  const { receiver, made, wishes, consume, pictured } = await received();
  await consume();
  for (let round = 0; round < 10; round += 1) await receiver.resume(made[0]?.id);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(wishes).toEqual(['join', 'join', 'join', 'join']);
  pictured();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(wishes).toHaveLength(4);
  receiver.close();
});

it('nothing is asked for who is not reached, and it is as soon as it is there again', async () => {
  const { receiver, transport, wishes, consume } = await received();
  transport.iceState = 'disconnected';
  await consume();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(wishes).toEqual([]);
  transport.iceState = 'connected';
  await vi.advanceTimersByTimeAsync(1_000);
  expect(wishes).toEqual(['join']);
  receiver.close();
});

it('the picture before ends with the word that another one is shown, and no sooner', async () => {
  const { receiver, made, consume, offer } = await received();
  await consume();
  const low = await offer('low');
  expect(made.map(({ closed }) => closed)).toEqual([false, false]);
  receiver.keep(low);
  expect(made.map(({ closed }) => closed)).toEqual([true, false]);
  expect(receiver.video).toBe(low);
  receiver.drop(low);
  expect(receiver.consumers).toEqual([]);
});
