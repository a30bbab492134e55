import { Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import type { FarmFacts } from '../farm/farm-facts.js';
import { TokenSigner } from './token.js';
import { ViewerDoor } from './viewer-door.js';
import type { JoinedViewer, ViewerStore } from './viewer-store.js';

const NOW = 1_764_000_000_000;
const signer = new TokenSigner('a-secret-of-the-farm-32-characters');
const phone = Desired.fromPartial({
  phoneId: 'ph_1',
  owner: 'acme',
  wanted: Wanted.WANTED_RUNNING,
  paused: true,
  spec: { idlePauseMinutes: 5 },
});

/** What a viewer of a paused phone finds, and which phones it woke. */
function door(
  pinned: boolean,
  { wish }: { readonly wish: Desired | undefined } = { wish: phone },
): { readonly door: ViewerDoor; readonly woken: string[] } {
  const woken: string[] = [];
  const joined: JoinedViewer = { phone: 'ph_1', role: 'watch', owner: 'acme', region: '', pinned };
  return {
    woken,
    door: new ViewerDoor({
      signer,
      store: {
        admit: () => Promise.resolve('kept'),
        rotate: () => Promise.resolve(joined),
        forget: () => Promise.resolve(),
        putToken: () => Promise.resolve(),
      } as unknown as ViewerStore,
      facts: { desired: () => Promise.resolve(wish) } as unknown as FarmFacts,
      idle: {
        wake: ({ phoneId }) => {
          woken.push(phoneId);
          return Promise.resolve();
        },
      },
      clock: {
        now: () => NOW,
        monotonic: () => 0,
        setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }),
      },
    }),
  };
}

describe.each([
  { pinned: false, wakes: ['ph_1'] },
  { pinned: true, wakes: [] },
])('a viewer that is pinned to the low layer: $pinned', ({ pinned, wakes }) => {
  it('comes by its token, and wakes a phone that was paused for want of viewers only when it is none', async () => {
    const { door: into, woken } = door(pinned);
    const exp = NOW / 1000 + 60;
    const claims = { viewer: 'vw_1', phone: 'ph_1', role: 'watch', owner: 'acme', region: '' } as const;
    const token = await signer.sign({ ...claims, pinned, jti: 'tk_1', exp });
    expect(await into.admit({ kind: 'token', token })).toMatchObject({ viewer: 'vw_1', pinned });
    expect(woken).toEqual(wakes);
  });

  it('comes back the same', async () => {
    const { door: into, woken } = door(pinned);
    const admission = await into.admit({ kind: 'resume', viewer: 'vw_1', resume: 'secret' });
    expect(admission).toMatchObject({ viewer: 'vw_1', pinned });
    expect(woken).toEqual(wakes);
  });
});

it.each([
  ['is gone', undefined],
  ['is being deleted', { ...phone, wanted: Wanted.WANTED_REMOVED }],
  ['is another’s', { ...phone, owner: 'rival' }],
])('nobody comes in, by token or back, to a phone that %s', async (_, wish) => {
  const { door: into, woken } = door(false, { wish });
  const claims = { viewer: 'vw_1', phone: 'ph_1', role: 'watch', owner: 'acme', region: '' } as const;
  const token = await signer.sign({ ...claims, pinned: false, jti: 'tk_1', exp: NOW / 1000 + 60 });
  await expect(into.admit({ kind: 'token', token })).rejects.toMatchObject({ code: 'PHONE_NOT_FOUND' });
  const back = into.admit({ kind: 'resume', viewer: 'vw_1', resume: 'secret' });
  await expect(back).rejects.toMatchObject({ code: 'PHONE_NOT_FOUND' });
  expect(woken).toEqual([]);
});
