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
  /** What others do between the gateway's read and its write. */
  let meanwhile: () => void;
  const change = async (
    principal: Principal,
    phoneIds?: readonly string[],
    name?: string,
    revision?: number,
  ): Promise<void> => {
    const parts = {
      clock: new ManualClock(),
      bus: { publish: () => undefined },
      groups: {
        get: async () => record,
        put: async (group: GroupRecord, instead: number) => {
          meanwhile();
          if (record.revision !== instead) return 'changed';
          record = group;
          return 'written';
        },
      },
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
      revision,
    });
  };
  const another = (): void => {
    record = { ...record, exclude: [], revision: record.revision + 1 };
  };

  beforeEach(() => {
    meanwhile = () => undefined;
    record = GroupRecord.fromPartial({
      groupId: 'gr_1',
      owner: 'ann',
      name: 'row',
      masterId: 'ph_0',
      phoneIds: ['ph_gone', 'ph_2'],
      exclude: ['ph_2'],
      revision: 7,
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

  it('keeps what another changed at the same moment', async () => {
    meanwhile = () => {
      meanwhile = () => undefined;
      another();
    };
    await change(ann, undefined, 'first');
    expect(record).toMatchObject({ name: 'first', exclude: [], revision: 9 });
  });

  it('is not changed by whoever has not seen its newest revision', async () => {
    await change(ann, ['ph_2'], undefined, 7);
    expect(record).toMatchObject({ phoneIds: ['ph_2'], revision: 8 });
    const late = change(ann, ['ph_2', 'ph_3'], undefined, 7);
    await expect(late).rejects.toMatchObject({ code: 'GROUP_CHANGED', field: 'revision' });
    meanwhile = another;
    await expect(change(ann, ['ph_2', 'ph_3'], undefined, 8)).rejects.toMatchObject({
      code: 'GROUP_CHANGED',
    });
    expect(record).toMatchObject({ phoneIds: ['ph_2'], revision: 9 });
  });

  it('that changes without an end is given up', async () => {
    meanwhile = another;
    await expect(change(ann, undefined, 'mine')).rejects.toMatchObject({ code: 'GROUP_CHANGED' });
    expect(record.name).toBe('row');
  });
});
