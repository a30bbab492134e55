import { AppError } from '@ancloud/kit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeGateway, Printed } from '../farm/fake-gateway.js';
import { groupAdd, groupRemove, groupShow } from './group.js';

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

describe('a group that is shown', () => {
  const still = { place: 0, delayMs: 0 };

  it.each([
    ['', '', still, 'ph_1 leads'],
    ['row', '', still, 'row: ph_1 leads'],
    [
      'row',
      'vw_1',
      { place: 0.02, delayMs: 30 },
      'row: ph_1 leads, by vw_1 alone; places differ by up to 0.02, times by 30 ms',
    ],
  ])('called %j, led by %j, with jitter %j: %s', async (name, viewerId, jitter, head) => {
    const group = { groupId: 'gr_1', masterId: 'ph_1', phoneIds: ['ph_2'], exclude: [], revision: 1 };
    const members = [{ phoneId: 'ph_2', state: 'held', followed: 40, refused: 3 }];
    const state = { ...group, name, viewerId, jitter, members, times: null };
    const gateway = await FakeGateway.start({ 'GET /v1/groups/gr_1': () => state });
    try {
      const printed = new Printed();
      await groupShow(gateway.layout, 'gr_1', printed);
      const [first, , row] = printed.text.split('\n');
      expect([first, row?.split(/ +/)]).toEqual([head, ['ph_2', 'held', '40', '3']]);
    } finally {
      await gateway.close();
    }
  });
});
