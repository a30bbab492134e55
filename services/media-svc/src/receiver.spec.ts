import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { Branch } from './branch.js';
import { Receiver } from './receiver.js';
import type { Watchable } from './stream-viewer.js';
import type { ViewerTransport } from './transport-options.js';

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
  return { receiver, made, wishes, consume };
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
