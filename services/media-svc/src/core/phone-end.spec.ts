import { Wanted } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import { phoneEnd } from './phone-end.js';

describe('phoneEnd', () => {
  it.each([
    ['runs', Wanted.WANTED_RUNNING, false, undefined],
    ['is to be stopped', Wanted.WANTED_STOPPED, false, 'stopped'],
    ['is to be removed', Wanted.WANTED_REMOVED, false, 'deleted'],
    ['was told by a newer gateway', Wanted.WANTED_UNSPECIFIED, false, undefined],
    // Its host may come back with it.
    ['is not known to an emptied Redis', undefined, false, undefined],
    ['was removed', undefined, true, 'deleted'],
    // An import took the id of one that was deleted.
    ['runs under an id that was deleted once', Wanted.WANTED_RUNNING, true, undefined],
  ])('a phone that %s', (_, wanted, tombstone, end) => {
    expect(phoneEnd(wanted === undefined ? undefined : { wanted }, tombstone)).toBe(end);
  });
});
