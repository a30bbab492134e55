import { describe, expect, it } from 'vitest';
import { diskNotes, growable, growthOf, toldUse } from './disk.js';
import { facts, identity } from './plan-states.js';

const on = (diskMib: number) => ({ ...identity, diskMib });

describe('a phone’s own disk', () => {
  it.each([
    [{ usedMib: 0, sizeMib: 64 }, 0],
    [{ usedMib: 5, sizeMib: 64 }, 5],
    // 10 MiB are 1 % of 1,000.
    [{ usedMib: 11, sizeMib: 1_000 }, 20],
    [{ usedMib: 999, sizeMib: 1_000 }, 1_000],
    [{ usedMib: 1_049, sizeMib: 1_050 }, 1_050],
  ])('%j is told as %i MiB', (use, told) => expect(toldUse(use)).toBe(told));

  it.each([
    [undefined, 128, false],
    [identity, 128, false],
    [on(64), 128, true],
    [on(128), 128, false],
    [on(256), 128, false],
    [on(256), 0, false],
  ])('of %j grows to %i: %s', (has, diskMib, grows) => expect(growable(has, { diskMib })).toBe(grows));

  it.each<[number | undefined, number | undefined, number, string[]]>([
    [64, 64, 60, []],
    [64, 64, 61, ['DiskFull']],
    [64, 128, 10, []],
    [128, 64, 10, ['DiskLimitPending']],
    [128, 0, 127, ['DiskFull', 'DiskLimitPending']],
    [undefined, 64, 0, ['DiskLimitPending']],
    [undefined, 0, 0, []],
    [64, undefined, 10, []],
  ])('has %s MiB, %s wished, %i used: %j', (has, wished, usedMib, types) => {
    const use = has === undefined ? undefined : { usedMib, sizeMib: has };
    const notes = diskNotes(
      has === undefined ? identity : on(has),
      use,
      wished === undefined ? undefined : { diskMib: wished },
      'running',
    );
    expect(notes.map(({ type }) => type)).toEqual(types);
  });

  it.each([
    ['start' as const, /next start/],
    ['noRoom' as const, /no room/],
  ])('that cannot grow as the phone runs says so: %s', (growth, words) => {
    const [note] = diskNotes(on(64), undefined, { diskMib: 128 }, growth);
    expect(note).toEqual({ type: 'DiskLimitPending', message: expect.stringMatching(words) as string });
  });

  it.each<[number | undefined, string[], boolean, string]>([
    [32, ['SYS_RESOURCE'], false, 'running'],
    [32, [], true, 'start'],
    [32, [], false, 'noRoom'],
    [64, [], false, 'running'],
    [undefined, [], false, 'running'],
  ])('of %s MiB, 64 wished, rights %j, room %s: grows %s', (has, rights, room, growth) => {
    const run = facts.run.ok ? { ...facts.run, limits: { ...facts.run.limits, diskMib: 64 } } : facts.run;
    expect(growthOf(has === undefined ? identity : on(has), run, new Set(rights), () => room)).toBe(growth);
  });
});
