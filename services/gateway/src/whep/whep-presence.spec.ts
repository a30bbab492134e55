import type { Bus } from '@ancloud/bus';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ViewerChanged } from '@ancloud/contracts/events/v1/events';
import { silentLog } from '@ancloud/kit';
import { expect, it } from 'vitest';
import { WhepPresence } from './whep-presence.js';

it('keeps whom media-svcs tell to be there, and nobody who has left or has a connection; a revoked one is told of again', async () => {
  const stood: unknown[] = [];
  const told: unknown[] = [];
  let hear: (told: ViewerChanged) => void = () => undefined;
  let closed = false;
  const presence = new WhepPresence({
    bus: {
      subscribe: (_subject: unknown, _params: unknown, fn: typeof hear) => {
        hear = fn;
        return { close: () => (closed = true) };
      },
      publish: (_subject: unknown, ...rest: unknown[]) => told.push(rest),
    } as unknown as Bus,
    viewers: {
      stand: (...standing: unknown[]) => {
        stood.push(standing);
        return Promise.resolve(standing[0] !== 'vw_4');
      },
    },
    log: silentLog,
  });
  const right = { owner: 'acme', role: Role.ROLE_CONTROL, pinned: true };
  const tells = (viewerId: string, change: Partial<ViewerChanged>): void =>
    hear({
      viewerId,
      phoneId: 'ph_1',
      role: Role.ROLE_WATCH,
      present: true,
      connection: '',
      right: undefined,
      ...change,
    });
  tells('vw_1', { right });
  tells('vw_2', { present: false });
  tells('vw_3', { connection: 'cn_1' });
  // Of a media-svc that does not say whose it is.
  tells('vw_4', { phoneId: 'ph_2' });
  expect(stood).toEqual([
    ['vw_1', { phone: 'ph_1', owner: 'acme', role: 'control', pinned: true }, 300_000],
    ['vw_4', { phone: 'ph_2', owner: '', role: 'watch', pinned: false }, 300_000],
  ]);
  await Promise.resolve();
  expect(told).toEqual([[{ viewer: 'vw_4' }, { phoneId: 'ph_2', viewerId: 'vw_4' }]]);
  presence.close();
  expect(closed).toBe(true);
});
