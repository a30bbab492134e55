import type { FeedView } from '@ancloud/contracts/media/v1/media';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually, NotYet, require } from '../harness/eventually.js';
import { PUBLISHER } from '../whep/offers.js';
import { FakeHost } from './fake-host.js';
import { GatewayWorld } from './gateway-world.js';
import { MediaProcess } from './media-process.js';

/** Publishers that come again by the same token, at two media-svcs; no media flow. */
let world: GatewayWorld;
let host: FakeHost;
let medias: MediaProcess[] = [];
let phoneId: string;

beforeAll(async () => {
  world = await GatewayWorld.start();
  host = await FakeHost.start(world.state, world.bus, world.secrets.farmSecret);
  const { redis, nats, secrets } = world;
  medias = await Promise.all(
    ['media-1', 'media-2'].map((id) =>
      MediaProcess.start(id, { redis, nats, farmSecret: secrets.farmSecret }),
    ),
  );
  await world.recovered();
  phoneId = (await world.gateway.call('POST', '/v1/phones', { body: {} })).json.phone.phoneId;
});
afterAll(async () => {
  for (const media of medias) await media.stop();
  await host?.close();
  await world?.close();
});

let feedId: string;
let token: string;
beforeEach(() => another());

/** From now on it is of another feed. */
async function another(phone = phoneId): Promise<void> {
  const made = await world.gateway.call('POST', `/v1/phones/${phone}/feeds`, { body: {} });
  ({ feedId, token } = made.json);
}

/** Offers of one kind alone. */
const MICROPHONE = PUBLISHER.slice(0, PUBLISHER.indexOf('m=video')).replace('BUNDLE 0 1', 'BUNDLE 0');
const CAMERA =
  `${PUBLISHER.slice(0, PUBLISHER.indexOf('m=audio'))}${PUBLISHER.slice(PUBLISHER.indexOf('m=video'))}`.replace(
    'BUNDLE 0 1',
    'BUNDLE 1',
  );

interface Answered {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string | null;
  /** The session's path; empty without one. */
  readonly session: string;
}

async function post(offer = PUBLISHER): Promise<Answered> {
  const answer = await fetch(`${world.gateway.url}/v1/whip`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' },
    body: offer,
  });
  const location = answer.headers.get('location');
  const text = await answer.text();
  return {
    status: answer.status,
    code: answer.ok ? '' : (JSON.parse(text) as { code: string }).code,
    retryAfter: answer.headers.get('retry-after'),
    session: location === null ? '' : new URL(location).pathname,
  };
}

/** As a publisher does that is told to come again. */
const postAgain = (offer?: string): Promise<Answered> =>
  eventually(async () => {
    const answered = await post(offer);
    if (answered.status === 429 || answered.status >= 500) throw new NotYet(answered.code);
    return answered;
  });

/** The status of a candidate for the session. */
async function patch(session: string): Promise<number> {
  const answer = await fetch(`${world.gateway.url}${session}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/trickle-ice-sdpfrag',
      'if-match': '*',
    },
    body: 'a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n',
  });
  return answer.status;
}

const remove = async (session: string): Promise<number> => {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${world.gateway.url}${session}`, { method: 'DELETE', headers })).status;
};

/** What each media-svc has of the feed. */
const at = async (media: MediaProcess | undefined): Promise<readonly FeedView[]> =>
  ((await media?.client.listFeeds({}))?.feeds ?? []).filter((feed) => feed.feedId === feedId);

it('who comes again has the place of the one before, whose session is gone; the feed is the same one', async () => {
  const first = await post();
  expect(first.status).toBe(201);
  // While that one is new, another one is told to come again, and changes nothing.
  const tooSoon = await post();
  if (tooSoon.status !== 201) {
    expect(tooSoon).toMatchObject({ status: 429, code: 'RATE_LIMITED', retryAfter: '1' });
    expect(await patch(first.session)).toBe(200);
  }
  // Neither does an offer that nobody can take.
  await eventually(async () => {
    const { status, code } = await post(PUBLISHER.replaceAll('H264', 'H261'));
    if (status === 429) throw new NotYet(code);
    expect([status, code]).toEqual([422, 'CODEC_UNSUPPORTED']);
  });
  const before = (await Promise.all(medias.map(at))).flat();
  expect(before).toHaveLength(1);

  const second = await postAgain();
  expect(second.status).toBe(201);
  expect(second.session).not.toBe(first.session);
  expect(await patch(first.session)).toBe(404);
  expect(await remove(first.session)).toBe(404);
  expect(await patch(second.session)).toBe(200);
  const now = (await Promise.all(medias.map(at))).flat();
  expect(now.map(({ feedId: id, sessionId }) => [id, `/v1/whip/${sessionId}`])).toEqual([
    [feedId, second.session],
  ]);

  // Who stops may begin again, by another gateway too.
  expect(await remove(second.session)).toBe(200);
  expect((await Promise.all(medias.map(at))).flat()).toEqual([]);
  expect((await postAgain()).status).toBe(201);
});

it('other kinds may be sent than before, and another feed keeps those that are left to it', async () => {
  expect((await post()).status).toBe(201);
  const both = { feedId, token };
  const again = await postAgain(MICROPHONE);
  expect(again.status).toBe(201);
  await another();
  expect((await post(CAMERA)).status).toBe(201);
  ({ feedId, token } = both);
  expect(await patch(again.session)).toBe(200);
});

it('a feed that is ended lets nobody in any more, also not who was there', async () => {
  const { session } = await post();
  expect((await world.gateway.call('DELETE', `/v1/feeds/${feedId}`)).status).toBe(204);
  expect(await patch(session)).toBe(404);
  expect(await post()).toMatchObject({ status: 401, code: 'TOKEN_REVOKED' });
  expect((await world.gateway.call('DELETE', `/v1/feeds/${feedId}`)).json).toMatchObject({
    code: 'FEED_NOT_FOUND',
  });
});

it('comes to another media-svc when its own does not answer; what lived there ends when it wakes', async () => {
  const { session } = await post();
  const views = await Promise.all(medias.map(at));
  const here = medias[views.findIndex((feeds) => feeds.length > 0)];
  const there = medias.find((media) => media !== here);
  here?.freeze();
  try {
    const second = await postAgain();
    expect(second.status).toBe(201);
    expect((await at(there)).map(({ sessionId }) => `/v1/whip/${sessionId}`)).toEqual([second.session]);
  } finally {
    here?.wake();
  }
  await eventually(async () => require((await at(here)).length === 0, 'it still has the old one'));
  await eventually(async () => require((await patch(session)) === 404, 'it can still be patched'));
});

it('an offer that was given up while its media-svc slept displaces nobody when it wakes', async () => {
  const [here] = medias;
  const begin = (sessionId: string, deadlineMs: number, feed = feedId, offer = MICROPHONE) =>
    here?.client.createWhip(
      { feedId: feed, phoneId, owner: 'admin', sessionId, offer },
      { deadlineMs, retries: 0 },
    );
  await begin('ws_first', 5_000);
  here?.freeze();
  try {
    await expect(begin('ws_late', 1_000)).rejects.toThrow(/createWhip/i);
  } finally {
    here?.wake();
  }
  // The worker does what was asked of it in that order, so what is begun now is begun behind it.
  await eventually(async () => {
    await begin('ws_behind', 5_000, `${feedId}x`, CAMERA);
  });
  expect((await at(here)).map(({ sessionId }) => sessionId)).toEqual(['ws_first']);
});

it('of two at two media-svcs the newer stays, whatever they send', async () => {
  const [here, there] = medias;
  const begin = (media: MediaProcess | undefined, sessionId: string, offer: string) =>
    media?.client.createWhip({ feedId, phoneId, owner: 'admin', sessionId, offer });
  // As where the gateway could not reach the older one to end it.
  await begin(here, 'ws_older', CAMERA);
  await begin(there, 'ws_newer', MICROPHONE);
  // By its lease: nobody connects here, so that its time to do so would end it too, half a minute later.
  await eventually(() => {
    const why = (here?.log ?? '')
      .split('\n')
      .filter((line) => line.includes(feedId) && line.includes('a feed is closed'));
    expect(why).toEqual([expect.stringContaining('a newer feed has its place')]);
  });
  expect(await at(here)).toEqual([]);
});

it('comes to another media-svc when its own was killed', async () => {
  await post();
  const views = await Promise.all(medias.map(at));
  const here = medias[views.findIndex((feeds) => feeds.length > 0)];
  const there = medias.find((media) => media !== here);
  await here?.kill();
  const second = await postAgain();
  expect(second.status).toBe(201);
  expect((await at(there)).map(({ sessionId }) => `/v1/whip/${sessionId}`)).toEqual([second.session]);
  await here?.start();
});

it('ends with its phone', async () => {
  const doomed: string = (await world.gateway.call('POST', '/v1/phones', { body: {} })).json.phone.phoneId;
  await another(doomed);
  expect((await post()).status).toBe(201);
  expect((await world.gateway.call('DELETE', `/v1/phones/${doomed}`)).status).toBe(202);
  await eventually(async () =>
    require((await Promise.all(medias.map(at))).flat().length === 0, 'it goes on without its phone'),
  );
});
