import { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type Reached } from '@ancloud/kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { Whep, type WhepParts } from './whep.js';

/** Whether the phone's record says who carries it. */
let recorded: boolean;
/** What each media-svc of the phone does when it is looked at, and asked. */
let medias: Record<string, { readonly reached: Reached; readonly answers?: 'yes' | AppError }>;
let asked: string[];
let forgotten: string[];

const notHere = new AppError('VIEWER_NOT_FOUND', 'there is no such session here');
const broke = new AppError('UNAVAILABLE', 'it has fallen silent');

beforeEach(() => {
  recorded = true;
  asked = [];
  forgotten = [];
});

/** A farm of one media-svc, which answers. */
const oneMedia = {
  facts: {
    stream: () => Promise.resolve(undefined),
    medias: () => Promise.resolve([MediaRecord.fromPartial({ mediaId: 'a', mediaAddress: 'a' })]),
  },
  reached: () => Promise.resolve('ready'),
  clock: { monotonic: () => 0, now: () => 0 },
};

const whep = new Whep({
  signer: { verify: () => Promise.resolve({ viewer: 'vw_1', phone: 'ph_1' }) },
  viewers: {
    end: (viewer: string) => {
      forgotten.push(viewer);
      return Promise.resolve();
    },
  },
  facts: {
    medias: () =>
      Promise.resolve(
        Object.keys(medias).map((id) => MediaRecord.fromPartial({ mediaId: id, mediaAddress: id })),
      ),
    stream: () => {
      if (!recorded) return Promise.resolve(undefined);
      const [mediaAddress = '', ...edges] = Object.keys(medias);
      return Promise.resolve(
        StreamRecord.fromPartial({
          mediaAddress,
          edges: edges.map((address) => ({ mediaId: address, mediaAddress: address })),
        }),
      );
    },
  },
  reached: (address: string) => Promise.resolve(medias[address]?.reached ?? 'refused'),
  medias: {
    get: (address: string) => ({
      patchWhep: () => {
        asked.push(address);
        const answer = medias[address]?.answers;
        return answer === 'yes'
          ? Promise.resolve({ fragment: '', etag: '"1"' })
          : Promise.reject(answer ?? broke);
      },
    }),
  },
} as unknown as WhepParts);

const patch = (session = 'vw_1') =>
  whep.patch('token', { session, feed: '', ifMatch: '*', fragment: '' }).then(
    () => 'taken',
    (error: unknown) => (error as AppError).code,
  );

it('a session is found at whichever of them has it', async () => {
  medias = { a: { reached: 'ready', answers: notHere }, b: { reached: 'ready', answers: 'yes' } };
  expect(await patch()).toBe('taken');
  expect(asked).toEqual(['a', 'b']);
  expect(forgotten).toEqual([]);
});

it('is looked for everywhere while no record says who carries the phone', async () => {
  recorded = false;
  medias = { a: { reached: 'ready', answers: notHere }, b: { reached: 'ready', answers: 'yes' } };
  expect(await patch()).toBe('taken');
  expect(forgotten).toEqual([]);
});

it('one of a media-svc that refuses connections is over, and forgotten', async () => {
  medias = { a: { reached: 'refused' }, b: { reached: 'ready', answers: notHere } };
  expect(await patch()).toBe('VIEWER_NOT_FOUND');
  expect(asked).toEqual(['b']);
  expect(forgotten).toEqual(['vw_1']);
});

it.each([
  ['says nothing', { reached: 'silent' }],
  ['falls silent as it is asked', { reached: 'ready', answers: broke }],
] as const)(
  'one of a media-svc that %s is over for its player; it may be sent to still, and stays listed',
  async (_, first) => {
    medias = { a: first, b: { reached: 'ready', answers: notHere } };
    expect(await patch()).toBe('VIEWER_NOT_FOUND');
    expect(forgotten).toEqual([]);
  },
);

it('what another refusal says is passed on', async () => {
  medias = { a: { reached: 'ready', answers: new AppError('ETAG_MISMATCH', 'an old one') } };
  expect(await patch()).toBe('ETAG_MISMATCH');
  expect(forgotten).toEqual([]);
});

it("somebody else's session is not asked for, and nobody is forgotten", async () => {
  medias = { a: { reached: 'ready', answers: 'yes' } };
  expect(await patch('vw_2')).toBe('VIEWER_NOT_FOUND');
  expect(asked).toEqual([]);
  expect(forgotten).toEqual([]);
});

it('a token that is tried again and again is refused before anybody is asked, and is good again later', async () => {
  let now = 0;
  let admitted = 0;
  const refused = new AppError('SDP_INVALID', 'no offer');
  const flooded = new Whep({
    signer: { verify: (token: string) => Promise.resolve({ viewer: token }) },
    door: {
      admit: () => {
        admitted += 1;
        return Promise.reject(refused);
      },
    },
    clock: { monotonic: () => now, now: () => now },
  } as unknown as WhepParts);
  const post = (token: string): Promise<string> =>
    flooded.create(token, { offer: '', feed: '', layer: 'auto' }, AbortSignal.abort()).then(
      () => 'taken',
      (error: unknown) => (error as AppError).code,
    );
  const codes: string[] = [];
  for (let n = 0; n < 30; n += 1) codes.push(await post('vw_1'));
  expect(codes).toEqual([
    ...Array<string>(20).fill('SDP_INVALID'),
    ...Array<string>(10).fill('RATE_LIMITED'),
  ]);
  expect(admitted).toBe(20);
  expect(await post('vw_2')).toBe('SDP_INVALID');
  now = 1_000;
  expect(await post('vw_1')).toBe('SDP_INVALID');
});

it.each([
  ['auto', false, '', { low: false, auto: true }],
  ['main', false, '', { low: false, auto: false }],
  ['low', false, '', { low: true, auto: false }],
  ['auto', true, '', { low: true, auto: false }],
  ['auto', false, 'fe_1', { low: false, auto: false }],
] as const)('%s: of a thumbnail %s, of the feed "%s": %o', async (layer, pinned, feed, expected) => {
  const offers: unknown[] = [];
  const taken = new Whep({
    signer: { verify: () => Promise.resolve({ viewer: 'vw_1' }) },
    door: {
      admit: () =>
        Promise.resolve({
          viewer: 'vw_1',
          phone: 'ph_1',
          region: '',
          pinned,
          keep: () => Promise.resolve('kept'),
        }),
    },
    ...oneMedia,
    medias: {
      get: () => ({
        createWhep: (offer: unknown) => {
          offers.push(offer);
          return Promise.resolve({ answer: 'v=0', etag: '"1"' });
        },
      }),
    },
    feeds: { find: () => Promise.resolve({ address: 'a' }) },
  } as unknown as WhepParts);
  await taken.create('token', { offer: 'v=0', feed, layer }, new AbortController().signal);
  expect(offers).toEqual([expect.objectContaining(expected)]);
});

it('one whose right was taken back while it was answered is ended where it is, and told so', async () => {
  const ended: string[] = [];
  const given: string[] = [];
  const revoked = new Whep({
    signer: { verify: () => Promise.resolve({ viewer: 'vw_1' }) },
    door: {
      admit: () =>
        Promise.resolve({
          viewer: 'vw_1',
          phone: 'ph_1',
          region: '',
          pinned: false,
          keep: () => Promise.resolve('revoked'),
          giveBack: () => given.push('back'),
        }),
    },
    ...oneMedia,
    medias: {
      get: (address: string) => ({
        createWhep: () => Promise.resolve({ answer: 'v=0', etag: '"1"' }),
        deleteWhep: ({ viewerId }: { viewerId: string }) => {
          ended.push(`${address}/${viewerId}`);
          return Promise.reject(broke);
        },
      }),
    },
  } as unknown as WhepParts);
  await expect(
    revoked.create('token', { offer: 'v=0', feed: '', layer: 'auto' }, new AbortController().signal),
  ).rejects.toMatchObject({ code: 'VIEWER_REVOKED' });
  expect(ended).toEqual(['a/vw_1']);
  expect(given).toEqual([]);
});

describe('what is not there to be watched', () => {
  const given: string[] = [];
  const admission = {
    viewer: 'vw_1',
    phone: 'ph_1',
    owner: 'ann',
    region: '',
    pinned: false,
    giveBack: () => given.push('back'),
  };
  const create = (feed: string, why: AppError, waiting?: string): Promise<AppError> =>
    new Whep({
      signer: { verify: () => Promise.resolve({ viewer: 'vw_1' }) },
      door: { admit: () => Promise.resolve(admission) },
      facts: {
        stream: () => Promise.resolve(undefined),
        medias: () => Promise.resolve([MediaRecord.fromPartial({ mediaId: 'a', mediaAddress: 'a' })]),
      },
      reached: () => Promise.resolve('ready'),
      clock: { monotonic: () => 0, now: () => 0 },
      medias: { get: () => ({ createWhep: () => Promise.reject(why) }) },
      feeds: { find: () => Promise.reject(why) },
      feedTokens: { ownerOf: () => Promise.resolve(waiting) },
    } as unknown as WhepParts)
      .create('token', { offer: '', feed, layer: 'auto' }, AbortSignal.abort())
      .then(
        () => Promise.reject(new Error('it was answered')),
        (error: unknown) => error as AppError,
      );
  const noSession = new AppError('SESSION_NOT_FOUND', 'the phone has no session');
  const noFeed = new AppError('FEED_NOT_FOUND', 'there is no such feed');

  it.each([
    ['a phone that does not run', '', noSession, undefined, 'PHONE_NOT_RUNNING'],
    ['a feed whose publisher has not come', 'fe_1', noFeed, 'ann', 'FEED_NOT_LIVE'],
    ['a feed of somebody else that waits', 'fe_1', noFeed, 'bob', 'FEED_NOT_FOUND'],
    ['a feed that nobody knows', 'fe_1', noFeed, undefined, 'FEED_NOT_FOUND'],
  ] as const)('%s', async (_, feed, why, waiting, code) => {
    given.length = 0;
    expect((await create(feed, why, waiting)).code).toBe(code);
    expect(given).toEqual(['back']);
  });
});
