import { Wanted } from '@ancloud/contracts/common/v1/common';
import { MediaRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, isAppError, type Reached, silentLog } from '@ancloud/kit';
import { beforeEach, expect, it } from 'vitest';
import type { FeedPlace, TurnRefused } from './feed-tokens.js';
import { Whip, type WhipParts } from './whip.js';

/** What each media-svc does when it is looked at, and what it has. `loses`: with what its answer is lost on the way. */
let medias: Record<
  string,
  { reached: Reached; sessions: string[]; refuses?: AppError; loses?: AppError | undefined }
>;
let turn: TurnRefused | undefined;
let settles: TurnRefused | 'settled';
let former: FeedPlace | undefined;
let settled: FeedPlace | undefined;
let givenBack: number;
let counts: string[];
let now: number;
/** What is wished of the phone. */
let desired: { readonly owner: string; readonly wanted: Wanted } | undefined;

beforeEach(() => {
  desired = { owner: 'ann', wanted: Wanted.WANTED_RUNNING };
  medias = {
    a: { reached: 'ready', sessions: ['ws_old'] },
    b: { reached: 'ready', sessions: [] },
  };
  turn = undefined;
  settles = 'settled';
  former = { session: 'ws_old', address: 'a' };
  settled = undefined;
  givenBack = 0;
  counts = [];
  now = 0;
});

const whip = new Whip({
  signer: { verify: () => Promise.resolve({ feed: 'fe_1', phone: 'ph_1', owner: 'ann', exp: 60 }) },
  tokens: {
    begin: () => Promise.resolve(turn ?? { former }),
    settle: (_feed: string, _turn: string, { session, address }: FeedPlace) => {
      settled = { session, address };
      return Promise.resolve(settles);
    },
    giveBack: () => {
      givenBack += 1;
      return Promise.resolve();
    },
  },
  finder: {
    find: (_feed: string, session: string) => {
      const address = Object.keys(medias).find((one) => medias[one]?.sessions.includes(session));
      return address === undefined
        ? Promise.reject(new AppError('FEED_NOT_FOUND', 'nobody has it'))
        : Promise.resolve({ what: {}, address });
    },
  },
  facts: {
    phone: () => Promise.resolve(desired === undefined ? undefined : { desired }),
    stream: () => Promise.resolve(undefined),
    medias: () =>
      Promise.resolve(
        Object.keys(medias).map((id, at) =>
          // The last one has least to do.
          MediaRecord.fromPartial({ mediaId: id, mediaAddress: id, packets: 10 - at }),
        ),
      ),
  },
  reached: (address: string) => Promise.resolve(medias[address]?.reached ?? 'refused'),
  medias: {
    get: (address: string) => ({
      createWhip: ({ sessionId }: { sessionId: string }) => {
        const media = medias[address];
        if (media === undefined) throw new Error('it was not there');
        if (media.refuses !== undefined) return Promise.reject(media.refuses);
        const displaced = media.sessions.length > 0;
        media.sessions = [sessionId];
        if (media.loses !== undefined) return Promise.reject(media.loses);
        return Promise.resolve({ answer: 'v=0', etag: '"1"', displaced });
      },
      deleteWhip: ({ sessionId }: { sessionId: string }) => {
        const media = medias[address];
        if (media?.sessions.includes(sessionId) !== true)
          return Promise.reject(new AppError('FEED_NOT_FOUND', 'not here'));
        media.sessions = [];
        return Promise.resolve({});
      },
    }),
  },
  counted: (outcome: string) => counts.push(outcome),
  clock: { now: () => now, monotonic: () => now },
  log: silentLog,
} as unknown as WhipParts);

/** The id of the session that it begins, or the code. */
const post = (): Promise<string> =>
  whip.create('token', 'v=0', AbortSignal.abort()).then(
    ({ session }) => session,
    (error: unknown) => {
      if (isAppError(error)) return error.code;
      throw error;
    },
  );

it('the first publisher goes where there is least to do', async () => {
  former = undefined;
  const session = await post();
  expect(medias['b']?.sessions).toEqual([session]);
  expect(settled).toEqual({ session, address: 'b' });
  expect(counts).toEqual(['first']);
});

it('who comes anew goes where the one before is, whose place it takes', async () => {
  const session = await post();
  expect(medias['a']?.sessions).toEqual([session]);
  expect(medias['b']?.sessions).toEqual([]);
  expect(counts).toEqual(['displaced']);
});

it('is sent elsewhere when that one has no room, and the one before has ended when it is answered', async () => {
  const full = medias['a'];
  if (full !== undefined) full.refuses = new AppError('CAPACITY', 'no worker lives');
  const session = await post();
  expect(medias['a']?.sessions).toEqual([]);
  expect(medias['b']?.sessions).toEqual([session]);
  expect(counts).toEqual(['displaced']);
});

it.each([
  ['refused', 'first'],
  ['silent', 'displaced'],
] as const)('is sent elsewhere when that one is %s, which is asked for nothing', async (reached, outcome) => {
  const away = medias['a'];
  if (away !== undefined) away.reached = reached;
  const session = await post();
  expect(medias['a']?.sessions).toEqual(['ws_old']);
  expect(medias['b']?.sessions).toEqual([session]);
  expect(counts).toEqual([outcome]);
});

it('leaves nothing where its answer was lost, and goes elsewhere as another session', async () => {
  const torn = medias['a'];
  if (torn !== undefined) torn.loses = new AppError('UNAVAILABLE', 'the connection broke');
  const session = await post();
  expect(medias['a']?.sessions).toEqual([]);
  expect(medias['b']?.sessions).toEqual([session]);
  expect(settled).toEqual({ session, address: 'b' });
});

it.each(['UNAVAILABLE', 'DEADLINE_EXCEEDED'] as const)(
  'leaves nothing anywhere when no answer comes: %s',
  async (code) => {
    for (const media of Object.values(medias)) media.loses = new AppError(code, 'no answer came');
    expect(await post()).toBe(code);
    expect([medias['a']?.sessions, medias['b']?.sessions]).toEqual([[], []]);
    expect([settled, givenBack]).toEqual([undefined, 1]);
  },
);

it('a refused offer leaves the one before as it was, and the turn to the next', async () => {
  const strict = medias['a'];
  if (strict !== undefined) strict.refuses = new AppError('SDP_INVALID', 'no offer');
  expect(await post()).toBe('SDP_INVALID');
  expect(medias['a']?.sessions).toEqual(['ws_old']);
  expect(medias['b']?.sessions).toEqual([]);
  expect([settled, givenBack]).toEqual([undefined, 1]);
  expect(counts).toEqual(['SDP_INVALID']);
});

it.each([
  ['void', 'TOKEN_REVOKED'],
  ['busy', 'RATE_LIMITED'],
] as const)('a token that is %s lets nobody in', async (refused, code) => {
  turn = refused;
  expect(await post()).toBe(code);
  expect([medias['a']?.sessions, medias['b']?.sessions]).toEqual([['ws_old'], []]);
  // The turn is another one's.
  expect(givenBack).toBe(0);
  expect(counts).toEqual([code]);
});

it.each([
  ['void', 'TOKEN_REVOKED'],
  ['busy', 'RATE_LIMITED'],
] as const)('whoever is answered as the token gets %s has ended again', async (refused, code) => {
  settles = refused;
  expect(await post()).toBe(code);
  expect([medias['a']?.sessions, medias['b']?.sessions]).toEqual([[], []]);
});

it('ends its own session, and none that was displaced', async () => {
  const session = await post();
  await expect(whip.delete('token', 'ws_old')).rejects.toMatchObject({ code: 'FEED_NOT_FOUND' });
  await expect(whip.delete('token', '')).rejects.toMatchObject({ code: 'FEED_NOT_FOUND' });
  expect(medias['a']?.sessions).toEqual([session]);
  await whip.delete('token', session);
  expect(medias['a']?.sessions).toEqual([]);
});

it.each([
  ['is gone', undefined],
  ['is being deleted', { owner: 'ann', wanted: Wanted.WANTED_REMOVED }],
  ['is another’s', { owner: 'bob', wanted: Wanted.WANTED_RUNNING }],
])('a token whose phone %s lets nobody in, and whoever sends is left alone', async (_, wish) => {
  desired = wish;
  expect(await post()).toBe('PHONE_NOT_FOUND');
  expect(medias['a']?.sessions).toEqual(['ws_old']);
  expect([settled, givenBack]).toEqual([undefined, 1]);
});
