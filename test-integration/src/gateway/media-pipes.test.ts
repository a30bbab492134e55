import { once } from 'node:events';
import { records } from '@ancloud/contracts';
import { Desired, Role, Wanted } from '@ancloud/contracts/common/v1/common';
import type { StreamRecord } from '@ancloud/contracts/state/v1/state';
import { fromGrpcError, silentLog } from '@ancloud/kit';
import { connectState, recordsOf, type State } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { type NatsServer, type RedisServer, startNats, startRedis } from '../harness/servers.js';
import { MediaProcess } from './media-process.js';
import { SendingSession } from './sending-session.js';

const PHONE = 'ph_pipes';
const LEASE = `stream:${PHONE}:lease`;
let redis: RedisServer;
let nats: NatsServer;
let state: State;
let medias: [MediaProcess, MediaProcess, MediaProcess];
let session: SendingSession;
let calls: Awaited<ReturnType<MediaProcess['join']>>[] = [];

beforeAll(async () => {
  redis = await startRedis();
  nats = await startNats();
  state = await connectState({ url: redis.url, name: 'test', log: silentLog });
  const stores = { redis, nats, farmSecret: 'a-secret-of-a-farm-that-is-long-enough' };
  medias = [
    await MediaProcess.start('media-1', stores),
    await MediaProcess.start('media-2', stores),
    await MediaProcess.start('media-3', stores),
  ];
  session = await SendingSession.start(state, { phoneId: PHONE });
  session.steady(true);
});
afterEach(async () => {
  for (const call of calls) call.cancel();
  calls = [];
  await eventually(async () => {
    for (const media of medias)
      if ((await media.client.listStreams({})).streams.length > 0)
        throw new NotYet(`${media.id} still has the stream`);
  });
  session.attached.length = 0;
});
afterAll(async () => {
  session?.close();
  for (const media of medias ?? []) await media.stop();
  await state?.close();
  await nats?.stop();
  await redis?.stop();
});

async function join(media: MediaProcess, viewer: string): Promise<void> {
  calls.push(await media.join(PHONE, viewer, true));
}

/** Waits until a media-svc has the picture from that one, or from the session itself, and it goes on. */
async function shows(media: MediaProcess, from: string): Promise<void> {
  const at = async (): Promise<number> => {
    const { origin, packetsIn } = await media.stream(PHONE);
    if (origin !== from || packetsIn === 0)
      throw new NotYet(`${media.id} has ${packetsIn} packets from '${origin}', not '${from}'`);
    return packetsIn;
  };
  const before = await eventually(at);
  await eventually(async () => {
    if ((await at()) < before + 50) throw new NotYet(`the picture stands at ${media.id}`);
  });
}

/** How a call ends: by which code, and which words. */
async function ended(call: NodeJS.EventEmitter): Promise<string> {
  const [error] = await once(call, 'error');
  const { code, message } = fromGrpcError(error, 'the call');
  return `${code} ${message}`;
}

const edges = async (media: MediaProcess): Promise<string[]> =>
  ((await media.stream(PHONE)).record?.edges ?? []).map(({ mediaId }) => mediaId).toSorted();

it('one attachment feeds three media-svcs, and the edges go with their viewers', async () => {
  const [one, two, three] = medias;
  await join(one, 'vw_1');
  await join(two, 'vw_2');
  await join(three, 'vw_3');
  await shows(one, '');
  await shows(two, 'media-1');
  await shows(three, 'media-1');
  await eventually(async () => {
    const { record } = await one.stream(PHONE);
    if (record?.viewers !== 3) throw new NotYet(`${record?.viewers} viewers`);
  });
  expect(await edges(one)).toEqual(['media-2', 'media-3']);
  expect(session.attached).toHaveLength(1);
  calls[1]?.cancel();
  await eventually(async () => {
    if ((await edges(one)).includes('media-2')) throw new NotYet('the pipe is still there');
  });
  await shows(three, 'media-1');
});

it('of two edges whose origin is killed one follows it, and the other is fed by that one; no viewer is moved', async () => {
  const [one, two, three] = medias;
  await join(one, 'vw_1');
  await join(two, 'vw_2');
  await join(three, 'vw_3');
  await shows(two, 'media-1');
  await shows(three, 'media-1');
  await one.kill();
  const follower = await eventually(async () => {
    const [ofTwo, ofThree] = await Promise.all(
      [two, three].map(async (media) => (await media.stream(PHONE)).origin),
    );
    // One that has lost its pipe and has no other yet has no origin either: only together do they tell.
    if (ofTwo === '' && ofThree === two.id) return two;
    if (ofThree === '' && ofTwo === three.id) return three;
    throw new NotYet(`they have it from '${ofTwo}' and '${ofThree}'`);
  });
  const other = follower === two ? three : two;
  await shows(follower, '');
  await shows(other, follower.id);
  expect(session.attached).toHaveLength(2);
  for (const [media, viewer] of [
    [two, 'vw_2'],
    [three, 'vw_3'],
  ] as const)
    expect((await media.stream(PHONE)).viewers.map(({ viewerId }) => viewerId)).toEqual([viewer]);
  // It comes back with the same name, and is an edge.
  await one.start();
  await join(one, 'vw_4');
  await shows(one, follower.id);
});

it('viewers of a phone that is deleted hear so, at an edge too', async () => {
  const [one, two] = medias;
  await join(one, 'vw_1');
  await join(two, 'vw_2');
  await shows(two, 'media-1');
  const ends = calls.map(ended);
  const wishes = recordsOf(state, records.desired);
  await wishes.set({ phone: PHONE }, Desired.fromPartial({ phoneId: PHONE, wanted: Wanted.WANTED_REMOVED }));
  try {
    for (const end of ends) expect(await end).toContain('its phone was deleted');
  } finally {
    await wishes.delete({ phone: PHONE });
  }
});

it('a viewer and an edge that are refused hear why', async () => {
  const { client } = medias[0];
  const viewer = client.signal();
  const open = { viewerId: 'vw_1', phoneId: 'ph_none', role: Role.ROLE_WATCH, edge: false, pinned: false };
  viewer.write({ frame: { $case: 'open', value: { ...open, connection: 'cn_1' } } });
  viewer.write({ frame: { $case: 'json', value: JSON.stringify({ id: 1, method: 'join', data: {} }) } });
  expect(await ended(viewer)).toContain('SESSION_NOT_FOUND');
  const edge = client.openPipe();
  edge.write({ message: { $case: 'open', value: { phoneId: PHONE, edge: undefined, end: undefined } } });
  expect(await ended(edge)).toContain('STREAM_ELSEWHERE');
});

it('an edge that is killed leaves nothing at the origin', async () => {
  const [one, two] = medias;
  await join(one, 'vw_1');
  await join(two, 'vw_2');
  await shows(two, 'media-1');
  await two.kill();
  await eventually(async () => {
    if ((await edges(one)).length > 0) throw new NotYet('the pipe is still there');
  });
  await shows(one, '');
  await two.start();
  await join(two, 'vw_5');
  await shows(two, 'media-1');
});

it('an origin that vanishes is followed by its edge, and undoes nothing when it wakes', async () => {
  const [one, two] = medias;
  await join(one, 'vw_1');
  await join(two, 'vw_2');
  await shows(two, 'media-1');
  const said = async (): Promise<StreamRecord | undefined> =>
    recordsOf(state, records.stream).get({ phone: PHONE });
  const before = await eventually(async () => (await said()) ?? Promise.reject(new NotYet('no record')));
  expect(before.mediaId).toBe('media-1');
  one.freeze();
  // Its lease does not run out: it is taken because its holder has been silent for 3 s.
  const kept = setInterval(() => {
    void state.run('keeping the lease', (client) =>
      client.hget(LEASE, 'owner').then((owner) => {
        if (owner?.startsWith('media-1:') === true) return client.hset(LEASE, 'expiry', Date.now() + 2_500);
        return 0;
      }),
    );
  }, 100);
  try {
    await shows(two, '');
    await eventually(async () => {
      const now = await said();
      if (now?.mediaId !== 'media-2') throw new NotYet(`the record names ${now?.mediaId}`);
      expect(now.fence).toBeGreaterThan(before.fence);
    });
  } finally {
    clearInterval(kept);
    one.wake();
  }
  await eventually(async () => {
    if ((await one.client.listStreams({})).streams.length > 0)
      throw new NotYet('media-1 has its stream still');
    expect((await said())?.mediaId).toBe('media-2');
  });
  await shows(two, '');
  expect(session.attached).toHaveLength(2);
  // It is an edge, if somebody comes.
  await join(one, 'vw_3');
  await shows(one, 'media-2');
});

it('an edge that vanishes is taken off the record, and comes back when it wakes', async () => {
  const [one, two] = medias;
  await join(one, 'vw_1');
  await join(two, 'vw_2');
  await shows(two, 'media-1');
  two.freeze();
  try {
    await eventually(async () => {
      if ((await edges(one)).length > 0) throw new NotYet('the pipe is still there');
    });
    await shows(one, '');
  } finally {
    two.wake();
  }
  await shows(two, 'media-1');
});
