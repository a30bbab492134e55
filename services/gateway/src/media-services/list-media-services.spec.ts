import { MediaRecord } from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { ADMIN, type Principal } from '../auth/principal.js';
import { listMediaServices, mediaServiceJson } from './list-media-services.js';

const admin: Principal = { owner: 'admin', roles: [ADMIN], via: 'key' };
const ann: Principal = { owner: 'ann', roles: [], via: 'key' };

describe('listMediaServices', () => {
  const old = MediaRecord.fromPartial({ mediaId: 'm0', mediaAddress: 'm0:1' });
  const busy = MediaRecord.fromPartial({
    mediaId: 'm1',
    mediaAddress: 'm1:1',
    workers: 2,
    streams: 3,
    viewers: 400,
    labels: { region: 'fra' },
    packets: 99_999.6,
    budget: { viewers: 1_000, packets: 200_000 },
    full: true,
    updatedAtMs: 1_000,
    process: 'p1',
    recordings: { used: 3_000, budget: 10_737_418_240 },
  });
  const facts = { medias: () => Promise.resolve([old, busy]) };

  it('tells an admin of each how busy it is, and nothing of where it is reached', async () => {
    const { mediaServices } = await listMediaServices(facts, admin);
    expect(mediaServices.map(mediaServiceJson)).toEqual([
      {
        mediaId: 'm0',
        region: '',
        workers: 0,
        phones: 0,
        viewers: 0,
        packets: 0,
        budget: null,
        full: false,
        updatedAt: null,
        recordings: null,
      },
      {
        mediaId: 'm1',
        region: 'fra',
        workers: 2,
        phones: 3,
        viewers: 400,
        packets: 100_000,
        budget: { viewers: 1_000, packets: 200_000 },
        full: true,
        updatedAt: '1970-01-01T00:00:01.000Z',
        recordings: { used: 3_000, budget: 10_737_418_240 },
      },
    ]);
  });

  it('tells tenants nothing', () =>
    expect(listMediaServices(facts, ann)).rejects.toMatchObject({ code: 'FORBIDDEN' }));
});
