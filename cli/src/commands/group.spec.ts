import { AppError } from '@ancloud/kit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeGateway, Printed } from '../farm/fake-gateway.js';
import { groupAdd, groupRemove } from './group.js';

describe('who follows in a group, changed by the CLI', () => {
  let gateway: FakeGateway;
  let group: { phoneIds: string[]; revision: number };
  let tries: number;
  /** What others do between the CLI's read and its write. */
  let meanwhile: () => void;
  const other = (phoneIds: string[]): void => {
    group = { phoneIds, revision: group.revision + 1 };
  };

  beforeEach(async () => {
    group = { phoneIds: ['ph_1', 'ph_2'], revision: 5 };
    tries = 0;
    meanwhile = () => undefined;
    gateway = await FakeGateway.start({
      'GET /v1/groups/gr_1': () => group,
      'PATCH /v1/groups/gr_1': (body) => {
        const { phoneIds, revision } = body as typeof group;
        tries += 1;
        meanwhile();
        if (revision !== group.revision)
          throw new AppError('GROUP_CHANGED', 'group gr_1 was changed meanwhile');
        other(phoneIds);
        return group;
      },
    });
  });
  afterEach(() => gateway.close());

  const once = (then: () => void): void => {
    meanwhile = () => {
      meanwhile = () => undefined;
      then();
    };
  };

  it('keeps whom another has added at the same moment', async () => {
    once(() => other([...group.phoneIds, 'ph_3']));
    await groupAdd(gateway.layout, 'gr_1', ['ph_4'], new Printed());
    expect([group.phoneIds, tries]).toEqual([['ph_1', 'ph_2', 'ph_3', 'ph_4'], 2]);
  });

  it('keeps out whom another has removed at the same moment', async () => {
    once(() => other(['ph_2', 'ph_3']));
    await groupRemove(gateway.layout, 'gr_1', ['ph_2'], new Printed());
    expect([group.phoneIds, tries]).toEqual([['ph_3'], 2]);
  });

  it('tells that the phone to be removed is gone already', async () => {
    once(() => other(['ph_1']));
    await expect(groupRemove(gateway.layout, 'gr_1', ['ph_2'], new Printed())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      value: 'ph_2',
    });
    expect([group.phoneIds, tries]).toEqual([['ph_1'], 1]);
  });

  it('is given up when the group changes without an end', async () => {
    meanwhile = () => other(['ph_1']);
    const adding = groupAdd(gateway.layout, 'gr_1', ['ph_4'], new Printed());
    await expect(adding).rejects.toMatchObject({ code: 'GROUP_CHANGED' });
    expect([group.phoneIds, tries]).toEqual([['ph_1'], 8]);
  });
});
