import type { ErrorCode } from '@ancloud/contracts';
import { MediaRecord, StreamRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { beforeEach, expect, it } from 'vitest';
import type { MediaChoice } from './core/pick-media.js';
import { reachSeat } from './reach-media.js';
import { leapingClock } from './leaping-clock.fixture.js';

let stream: StreamRecord | undefined;
let medias: MediaRecord[];
let mediasRead: number;
let asked: string[];
/** Addresses where nobody answers. */
let vanished: Set<string>;

const clock = leapingClock();

const media = (mediaId: string, region = ''): MediaRecord =>
  MediaRecord.fromPartial({ mediaId, mediaAddress: mediaId, labels: region === '' ? {} : { region } });

/** Each address answers with those codes, one a time, then with itself. */
function reach(region: string, answers: Record<string, ErrorCode[]>): Promise<string> {
  const facts = {
    stream: () => Promise.resolve(stream),
    medias: () => {
      mediasRead += 1;
      return Promise.resolve(medias);
    },
  };
  const attempt = ({ address, edge }: MediaChoice): Promise<string> => {
    asked.push(edge ? `${address} (edge)` : address);
    const code = answers[address]?.shift();
    return code === undefined ? Promise.resolve(address) : Promise.reject(new AppError(code, 'no'));
  };
  const reached = (address: string) =>
    Promise.resolve(vanished.has(address) ? ('silent' as const) : ('ready' as const));
  return reachSeat(
    { facts, reached, clock },
    { phone: 'ph_1', region },
    new AbortController().signal,
    attempt,
  );
}

beforeEach(() => {
  stream = StreamRecord.fromPartial({
    mediaAddress: 'a',
    region: 'eu',
    edges: [{ mediaId: 'b', mediaAddress: 'b', region: 'us' }],
  });
  medias = [media('a', 'eu'), media('b', 'us'), media('c')];
  mediasRead = 0;
  asked = [];
  vanished = new Set();
});

it('a crowd reads the stream’s record and no other one', async () => {
  expect(await reach('', {})).toBe('a');
  expect(await reach('us', {})).toBe('b');
  expect(asked).toEqual(['a', 'b (edge)']);
  expect(mediasRead).toBe(0);
});

it('goes on to the next when one is dead, and does not come back to it before all were asked', async () => {
  expect(await reach('', { a: ['UNAVAILABLE', 'UNAVAILABLE'], b: ['UNAVAILABLE'], c: ['CAPACITY'] })).toBe(
    'b',
  );
  expect(asked).toEqual(['a', 'b (edge)', 'c (edge)', 'a', 'b (edge)']);
});

it('asks nothing of one that has vanished, and goes on to the next', async () => {
  vanished.add('a').add('b');
  expect(await reach('us', {})).toBe('c');
  expect(asked).toEqual(['c (edge)']);
});

it('gives up after 5 s', async () => {
  const dead = Array.from({ length: 100 }, (): ErrorCode => 'UNAVAILABLE');
  await expect(reach('', { a: [...dead], b: [...dead], c: [...dead] })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.length).toBeLessThan(40);
});

it('one that lost the race for a new stream is asked again as an edge, where the viewer wants to be there', async () => {
  stream = undefined;
  medias = [media('c', 'us'), media('a', 'eu')];
  const reached = reach('us', { c: ['STREAM_ELSEWHERE'] });
  await Promise.resolve();
  stream = StreamRecord.fromPartial({ mediaAddress: 'a', region: 'eu' });
  expect(await reached).toBe('c');
  expect(asked).toEqual(['c', 'c (edge)']);
});

it('one that does not carry it any more, as no record says yet, is not asked again', async () => {
  expect(await reach('eu', { a: ['STREAM_ELSEWHERE'] })).toBe('b');
  expect(asked).toEqual(['a', 'b (edge)']);
});

it('two that pass the viewer on to each other are not followed', async () => {
  await expect(reach('eu', { a: ['STREAM_ELSEWHERE'], b: ['STREAM_ELSEWHERE'] })).rejects.toMatchObject({
    code: 'STREAM_ELSEWHERE',
  });
});
