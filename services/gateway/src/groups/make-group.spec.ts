import { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { ManualClock } from '@ancloud/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, owns, type Principal } from '../auth/principal.js';
import { phoneNotFound } from '../errors.js';
import { updateGroup } from './make-group.js';

const ann: Principal = { owner: 'ann', roles: [], via: 'key' };
const admin: Principal = { owner: 'admin', roles: [ADMIN], via: 'key' };
/** Whose the phones are that there still are. */
const owners: Readonly<Record<string, string>> = { ph_0: 'ann', ph_2: 'ann', ph_3: 'ann', ph_bob: 'bob' };

describe('a group that is changed', () => {
  let record: GroupRecord;
  const change = async (principal: Principal, phoneIds?: readonly string[], name?: string): Promise<void> => {
    const parts = {
      clock: new ManualClock(),
      bus: { publish: () => undefined },
      groups: { get: async () => record, put: async (group: GroupRecord) => ((record = group), true) },
      access: {
        load: async (who: Principal, phoneId: string) => {
          const owner = owners[phoneId];
          if (owner === undefined || !owns(who, owner)) throw phoneNotFound(phoneId);
          return { desired: { owner } };
        },
      },
    } as unknown as Parameters<typeof updateGroup>[0];
    await updateGroup(parts, principal, {
      groupId: 'gr_1',
      name,
      phoneIds: phoneIds && { phoneIds: [...phoneIds] },
      exclude: undefined,
      jitter: undefined,
    });
  };

  beforeEach(() => {
    record = GroupRecord.fromPartial({
      groupId: 'gr_1',
      owner: 'ann',
      name: 'row',
      masterId: 'ph_0',
      phoneIds: ['ph_gone', 'ph_2'],
      exclude: ['ph_2'],
    });
  });

  it('has another name and stays as it is else, also where a phone of it is gone', async () => {
    await change(ann, undefined, '');
    expect(record).toMatchObject({ name: '', phoneIds: ['ph_gone', 'ph_2'], exclude: ['ph_2'] });
    await change(ann, ['ph_gone', 'ph_2', 'ph_3']);
    expect(record).toMatchObject({ name: '', phoneIds: ['ph_gone', 'ph_2', 'ph_3'], exclude: ['ph_2'] });
  });

  it.each([
    ['its owner', ann],
    ['an admin, who has all phones', admin],
  ])('is joined by no phone of somebody else, by %s', async (_, principal) => {
    await expect(change(principal, ['ph_2', 'ph_bob'])).rejects.toMatchObject({ code: 'PHONE_NOT_FOUND' });
    expect(record.phoneIds).toEqual(['ph_gone', 'ph_2']);
    await change(principal, ['ph_3']);
    expect(record.phoneIds).toEqual(['ph_3']);
  });
});
