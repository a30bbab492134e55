import { MediaRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { beforeEach, expect, it } from 'vitest';
import { askMedias, findAtMedias, type MediaAsking } from './ask-medias.js';
import { leapingClock } from './leaping-clock.fixture.js';

/** What each media-svc has, by its address; 'dead' = calls fail; 'late' = no answer yet; 'vanished' = nobody is there to be called. */
let has: Record<string, readonly string[] | 'dead' | 'late' | 'vanished'>;

const clock = leapingClock();

const asking = {
  facts: {
    medias: () =>
      Promise.resolve(
        Object.keys(has).map((address) =>
          MediaRecord.fromPartial({ mediaId: address, mediaAddress: address }),
        ),
      ),
  },
  medias: {
    get: (address: string) => address,
    reached: (address: string) => Promise.resolve(has[address] === 'vanished' ? 'silent' : 'ready'),
  },
  clock,
} as unknown as MediaAsking;

const ask = async (media: unknown): Promise<readonly string[]> => {
  const answer = has[media as string];
  if (answer === 'vanished') throw new Error('it was called');
  if (answer === 'late') return new Promise(() => undefined);
  if (answer === undefined || answer === 'dead') throw new AppError('UNAVAILABLE', 'nobody answers');
  return answer;
};
const find = (what: string) => findAtMedias<string>(asking, ask, (one) => one === what);

beforeEach(() => {
  has = { a: ['x'], b: ['y', 'z'] };
});

it('all that they have, and where', async () => {
  expect(await askMedias(asking, ask)).toEqual([
    { what: 'x', address: 'a' },
    { what: 'y', address: 'b' },
    { what: 'z', address: 'b' },
  ]);
  has['c'] = 'dead';
  await expect(askMedias(asking, ask)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('what one has is found without those that do not answer', async () => {
  has = { a: 'late', b: ['y'], c: 'dead', d: 'vanished' };
  expect(await find('y')).toEqual({ what: 'y', address: 'b' });
});

it('what nobody has is found nowhere, and is not known of while one does not answer', async () => {
  expect(await find('q')).toBeUndefined();
  has['c'] = 'vanished';
  await expect(find('q')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  has = {};
  expect(await find('q')).toBeUndefined();
});
