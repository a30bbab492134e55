import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { type PipeLow, PipeOpen } from '@ancloud/contracts/media/v1/media';
import { AppError } from '@ancloud/kit';
import { beforeEach, expect, it } from 'vitest';
import type { Branch } from '../workers/branch.js';
import { PipeOutlet } from './pipe-outlet.js';
import type { Stream } from './stream.js';

const end = { ip: '127.0.0.1', port: 9, cryptoSuite: 'AEAD_AES_256_GCM', key: 'a2V5' };
const open = PipeOpen.fromPartial({ phoneId: 'ph_1', edge: { mediaId: 'media-2' }, end });

let answers: PipeLow[];
/** Seats at the low layer that were left, and consumers that were closed. */
let left: number;
let closed: string[];
let low: () => Promise<void>;
let reasons: string[];
let producers: () => Promise<types.Producer[]>;

beforeEach(() => {
  answers = [];
  left = 0;
  closed = [];
  reasons = [];
  low = () => Promise.resolve();
  producers = () => Promise.resolve([{ id: 'main' } as types.Producer]);
});

const consume = ({ producerId }: { producerId: string }): Promise<object> =>
  Promise.resolve(
    Object.assign(new EventEmitter(), {
      kind: 'video',
      rtpParameters: { mid: producerId },
      closed: false,
      close: () => closed.push(producerId),
    }),
  );
const transport = {
  tuple: { localAddress: '127.0.0.1', localPort: 7 },
  srtpParameters: { cryptoSuite: end.cryptoSuite, keyBase64: end.key },
  connect: () => Promise.resolve(),
  consume,
  close: () => closed.push('transport'),
};
const branch = {
  router: { createPipeTransport: () => Promise.resolve(transport) },
  worker: { index: 0 },
} as unknown as Branch;
const stream = {
  seat: (_id: string, _shape: unknown, make: (branch: Branch, left: () => void) => PipeOutlet) =>
    Promise.resolve(make(branch, () => closed.push('seat'))),
  producers: () => producers(),
  takeLow: async () => {
    await low();
    return { producer: { id: 'low' }, leave: () => (left += 1) };
  },
  changed: () => undefined,
  facts: { size: { width: 1, height: 2 } },
} as unknown as Stream;

const outletOf = async (): Promise<PipeOutlet> => {
  const { outlet } = await PipeOutlet.open({
    stream,
    open,
    listen: { ip: '127.0.0.1', announced: undefined },
    low: (answer) => answers.push(answer),
    closed: (reason) => reasons.push(reason),
  });
  return outlet;
};
const track = { rtpParameters: '{"mid":"low"}' };

it('answers each wish for the low layer, in order', async () => {
  const outlet = await outletOf();
  low = () => Promise.reject(new AppError('STREAM_FAILED', 'the phone has no second encoder'));
  outlet.wantLow(true);
  await expect.poll(() => answers).toEqual([{ reason: 'the phone has no second encoder' }]);
  low = () => Promise.resolve();
  outlet.wantLow(true);
  // The edge gave the answer up, and asks anew.
  outlet.wantLow(true);
  await expect
    .poll(() => answers.slice(1))
    .toEqual([
      { track, reason: '' },
      { track, reason: '' },
    ]);
  outlet.wantLow(false);
  await expect.poll(() => left).toBe(1);
  outlet.close('the edge is gone');
  expect([left, closed, reasons]).toEqual([1, ['low', 'transport', 'seat'], ['the edge is gone']]);
});

it('one that ends while the low layer begins has no seat there', async () => {
  const outlet = await outletOf();
  const begun = Promise.withResolvers<void>();
  let asked = false;
  low = () => {
    asked = true;
    return begun.promise;
  };
  outlet.wantLow(true);
  await expect.poll(() => asked).toBe(true);
  outlet.close('the edge is gone');
  begun.resolve();
  await expect.poll(() => left).toBe(1);
  expect(answers).toEqual([]);
});

it('one that cannot begin leaves nothing behind, and says why', async () => {
  producers = () => Promise.reject(new AppError('STREAM_FAILED', 'phone ph_1 sends no picture'));
  await expect(outletOf()).rejects.toMatchObject({ message: 'phone ph_1 sends no picture' });
  expect([closed, reasons]).toEqual([['seat'], ['phone ph_1 sends no picture']]);
});
