import { describe, expect, it } from 'vitest';
import { afterEnd, noTrouble, type Trouble } from './reconnect.js';

const cut = { code: 'UNAVAILABLE', retry: true, livedMs: 0, now: 1_000 };

describe('afterEnd', () => {
  it('comes again at once after the first cut, then ever slower', () => {
    const waits: number[] = [];
    let trouble: Trouble = noTrouble;
    for (let now = 0; waits.length < 10; now += 4_000) {
      const next = afterEnd(trouble, { ...cut, now });
      if (next.giveUp) throw new Error('gave up');
      waits.push(next.waitMs);
      trouble = next.trouble;
    }
    expect(waits).toEqual([0, 250, 500, 500, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  });

  it('does not take a connection that breaks at once for a good one', () => {
    const first = afterEnd({ attempts: 5, since: 0 }, { ...cut, livedMs: 20 });
    expect(first).toMatchObject({ waitMs: 1_000, trouble: { attempts: 6, since: 0 } });
  });

  it('begins anew after a good one', () => {
    const next = afterEnd({ attempts: 9, since: 0 }, { ...cut, livedMs: 60_000, now: 200_000 });
    expect(next).toEqual({ giveUp: false, waitMs: 0, trouble: { attempts: 1, since: 200_000 } });
  });

  it('gives up when the farm has forgotten the viewer', () => {
    expect(afterEnd({ attempts: 30, since: 0 }, { ...cut, now: 120_001 })).toEqual({ giveUp: true });
  });

  it.each([
    'TOKEN_USED',
    'TOKEN_EXPIRED',
    'PHONE_NOT_FOUND',
    'ORIGIN_REFUSED',
    'FENCED',
    'MESSAGE_TOO_LARGE',
  ])('%s is final', (code) => expect(afterEnd(noTrouble, { ...cut, code })).toEqual({ giveUp: true }));

  it('believes a farm that says that nothing is to be had by coming again', () => {
    expect(afterEnd(noTrouble, { ...cut, retry: false })).toEqual({ giveUp: true });
  });
});
