import type { types } from 'mediasoup';
import { beforeEach, expect, it } from 'vitest';
import type { LowSeat } from '../streams/low-layer.js';
import type { Branch } from '../workers/branch.js';
import { PinnedLayer } from './pinned-layer.js';

const branch = {} as Branch;
const able = {} as types.RtpCapabilities;
let taken: PromiseWithResolvers<LowSeat>[];
let left: string[];
let consumed: string[];
let layer: PinnedLayer;

const seat = (name: string): LowSeat => ({
  producer: { id: name } as types.Producer,
  leave: () => left.push(name),
});
/** Consumes as soon as the low layer flows. */
const consume = async (name: string): Promise<unknown> => {
  const asked = layer.consume(able);
  taken.at(-1)?.resolve(seat(name));
  return asked;
};

const pinned = (sound: boolean): PinnedLayer =>
  new PinnedLayer(
    {
      takeLow: () => {
        taken.push(Promise.withResolvers());
        return taken.at(-1)?.promise ?? Promise.reject(new Error('nothing was taken'));
      },
    },
    branch,
    {
      consume: (_, low) => {
        consumed.push(`sound, ${low?.id}`);
        return Promise.resolve([]);
      },
      consumeLow: (_, { id }) => {
        consumed.push(id);
        return Promise.resolve([]);
      },
    },
    sound,
  );

beforeEach(() => {
  [taken, left, consumed] = [[], [], []];
  layer = pinned(false);
});

it('consumes the low layer, with one seat at a time', async () => {
  expect(await layer.begin()).toBeUndefined();
  await consume('one');
  await consume('two');
  expect(consumed).toEqual(['one', 'two']);
  expect(left).toEqual(['one']);
  layer.close();
  layer.close();
  expect(left).toEqual(['one', 'two']);
});

it('consumes the sound beside it for who takes that', async () => {
  layer = pinned(true);
  await consume('one');
  expect(consumed).toEqual(['sound, one']);
});

it('gives the seat up when its encoder is replaced, and takes one of the next', async () => {
  await consume('one');
  layer.replaced();
  expect(left).toEqual(['one']);
  await consume('two');
  expect(left).toEqual(['one']);
});

it('says that it waits, and leaves a seat that came after its end', async () => {
  const asked = layer.consume(able);
  expect(layer.waits).toBe(true);
  layer.close();
  taken[0]?.resolve(seat('late'));
  await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
  expect({ waits: layer.waits, left, consumed }).toEqual({ waits: false, left: ['late'], consumed: [] });
});

it('waits no more for a layer that does not come', async () => {
  const asked = layer.consume(able);
  taken[0]?.reject(new Error('the phone starts no second encoder'));
  await expect(asked).rejects.toThrow('no second encoder');
  expect(layer.waits).toBe(false);
});

it('keeps to its layer, whatever is asked for', async () => {
  await expect(layer.want()).rejects.toMatchObject({ code: 'INVALID_STATE' });
  expect(() => layer.swapped('cs_1')).toThrow('never offered');
});
