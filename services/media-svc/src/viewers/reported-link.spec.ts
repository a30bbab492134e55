import type { types } from 'mediasoup';
import { beforeEach, expect, it } from 'vitest';
import type { Link } from '../core/layer-choice.js';
import { ReportedLink } from './reported-link.js';

let told: Link | undefined;
let stats: { packetCount: number; packetsLost: number; roundTripTime?: number };
let asked: number;
let link: ReportedLink;

beforeEach(() => {
  told = { availableBps: undefined, score: 9 };
  stats = { packetCount: 0, packetsLost: 0 };
  asked = 0;
  const consumer = {
    id: 'co_1',
    getStats: () => {
      asked += 1;
      return Promise.resolve([{ type: 'outbound-rtp', fractionLost: 0, ...stats }]);
    },
  } as unknown as types.Consumer;
  link = new ReportedLink({
    consumers: [consumer],
    video: 'co_1',
    get link() {
      return told;
    },
  });
});

/** What the look after one at these counts says. */
const after = async (now: typeof stats): Promise<number | undefined> => {
  stats = now;
  link.look();
  await new Promise(setImmediate);
  return link.look()?.score;
};

it("tells what the player's reports say, not the worker's average", async () => {
  expect(await after({ packetCount: 100, packetsLost: 0, roundTripTime: 20 })).toBe(10);
  expect(await after({ packetCount: 200, packetsLost: 50, roundTripTime: 400 })).toBe(1);
});

it('asks nothing where a bandwidth is told, or nothing is sent', () => {
  told = { availableBps: 1_000_000, score: 9 };
  expect(link.look()).toBe(told);
  told = undefined;
  expect(link.look()).toBeUndefined();
  expect(asked).toBe(0);
});
