import { expect, it } from 'vitest';
import { receptionOf } from './reception.js';

type Received = NonNullable<Parameters<typeof receptionOf>[0]>;

const received = (transport: object, video: object = {}): Received =>
  ({
    consumers: [
      {
        kind: 'video',
        closed: false,
        getStats: () =>
          Promise.resolve([
            { type: 'inbound-rtp' },
            { type: 'outbound-rtp', packetsLost: 7, roundTripTime: 12.5 },
          ]),
        ...video,
      },
      { kind: 'audio', paused: false },
    ],
    transport: { iceState: 'completed', iceSelectedTuple: { protocol: 'udp' }, closed: false, ...transport },
  }) as unknown as Received;
const linkOf = (stat: object): object => ({ getStats: () => Promise.resolve([stat]) });

it('tells how packets go, what is lost and what the link takes', async () => {
  expect(await receptionOf(received(linkOf({ availableOutgoingBitrate: 2_400_000 })))).toEqual({
    iceState: 'completed',
    transport: 'udp',
    packetsLost: 7,
    roundTripMs: 12.5,
    availableBps: 2_400_000,
    hears: true,
  });
});

it('is 0 for an end that tells no bandwidth, and before anything is there', async () => {
  expect(await receptionOf(received(linkOf({})))).toMatchObject({ availableBps: 0 });
  expect(await receptionOf(undefined)).toEqual({
    iceState: 'none',
    transport: '',
    packetsLost: 0,
    roundTripMs: 0,
    availableBps: 0,
    hears: false,
  });
});

it('asks nothing of what has closed', async () => {
  expect(await receptionOf(received({ closed: true }, { closed: true }))).toMatchObject({
    packetsLost: 0,
    availableBps: 0,
  });
});
