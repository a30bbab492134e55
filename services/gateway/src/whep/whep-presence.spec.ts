import type { Bus } from '@ancloud/bus';
import { silentLog } from '@ancloud/kit';
import { expect, it } from 'vitest';
import { WhepPresence } from './whep-presence.js';

interface Told {
  readonly viewerId: string;
  readonly phoneId: string;
  readonly present: boolean;
  readonly connection: string;
}

it('keeps whom media-svcs tell to be there, and nobody who has left or has a connection; a revoked one is told of again', async () => {
  const stood: unknown[] = [];
  const told: unknown[] = [];
  let hear: (told: Told) => void = () => undefined;
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
  hear({ viewerId: 'vw_1', phoneId: 'ph_1', present: true, connection: '' });
  hear({ viewerId: 'vw_2', phoneId: 'ph_1', present: false, connection: '' });
  hear({ viewerId: 'vw_3', phoneId: 'ph_1', present: true, connection: 'cn_1' });
  hear({ viewerId: 'vw_4', phoneId: 'ph_2', present: true, connection: '' });
  expect(stood).toEqual([
    ['vw_1', 'ph_1', 300_000],
    ['vw_4', 'ph_2', 300_000],
  ]);
  await Promise.resolve();
  expect(told).toEqual([[{ viewer: 'vw_4' }, { phoneId: 'ph_2', viewerId: 'vw_4' }]]);
  presence.close();
  expect(closed).toBe(true);
});
