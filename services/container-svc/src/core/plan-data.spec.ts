import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import type { Observed } from './observed.js';
import { plan, type PlanFacts } from './plan.js';
import {
  bundled,
  desired,
  ended,
  facts,
  identity,
  mounted,
  nothing,
  opened,
  ready,
  REMOVE,
  RUN,
  running,
  STOP,
  stored,
  target,
} from './plan-states.js';

const SNAPSHOT = 'sn_1';
const clone = { ...identity, snapshotId: SNAPSHOT };
const fresh = { ...clone, renew: true };
const frozen: Observed = { ...ready, container: { ...running, freezer: 'frozen' } };

function said(
  wanted: Wanted,
  observed: Observed,
  wish: Partial<Desired> = {},
  more: Partial<PlanFacts> = {},
): string {
  const decision = plan(target(wanted, { desired: { ...desired, ...wish, wanted } }), observed, {
    ...facts,
    ...more,
  });
  return decision.kind === 'step'
    ? `${decision.stage} ${decision.step.name}`
    : `${decision.stage} wait:${decision.reason}`;
}

describe('a phone that begins from a snapshot', () => {
  const wish = { dataFrom: SNAPSHOT };
  it.each<[string, Observed, string]>([
    ['has nothing yet', nothing, 'preparing makeStorage'],
    ['has its root', { ...mounted, identity: fresh }, 'preparing mountData'],
    ['has half of its data mounted', { ...mounted, identity: fresh, data: 'partial' }, 'preparing mountData'],
    ['has its data', { ...mounted, identity: fresh, data: 'mounted' }, 'preparing renewIds'],
    ['is renewed', { ...mounted, identity: clone, data: 'mounted' }, 'preparing writeBundle'],
    ['is written', { ...bundled, identity: clone, data: 'mounted' }, 'preparing createContainer'],
    ['runs', { ...ready, identity: clone, data: 'mounted' }, 'ready wait:'],
  ])('and %s', (_, observed, expected) => expect(said(RUN, observed, wish)).toBe(expected));

  it('says so when the snapshot is not here, and before that unmounts what lies on another', () => {
    const more = { dataFromPresent: false };
    expect(said(RUN, nothing, wish, more)).toBe('failed wait:SnapshotMissing');
    expect(said(RUN, stored, { ...wish, resets: 1 }, more)).toBe('failed wait:SnapshotMissing');
    expect(said(RUN, { ...stored, identity: clone, data: 'mounted' }, { ...wish, resets: 1 }, more)).toBe(
      'preparing unmountData',
    );
    // Data that is there needs it no more than to be mounted.
    expect(said(RUN, { ...stored, identity: clone }, wish, more)).toBe('preparing openBoot');
  });

  it('is told to the steps', () => {
    const make = plan(target(RUN, { desired: { ...desired, ...wish } }), nothing, facts);
    expect(make).toMatchObject({ step: { name: 'makeStorage', dataFrom: SNAPSHOT } });
    const wipe = plan(target(RUN, { desired: { ...desired, ...wish, resets: 2 } }), stored, facts);
    expect(wipe).toMatchObject({ step: { name: 'wipeData', resets: 2, dataFrom: SNAPSHOT } });
  });
});

describe('data that lies on a snapshot', () => {
  const down = { ...stored, identity: clone, data: 'mounted' } as const;
  it.each<[string, Wanted, Observed, Partial<Desired>, string]>([
    ['is unmounted when the phone is down', STOP, down, {}, 'stopping unmountData'],
    ['also what is half mounted', STOP, { ...down, data: 'partial' }, {}, 'stopping unmountData'],
    ['before it is stopped', STOP, { ...down, data: 'none' }, {}, 'stopped wait:'],
    ['before it is removed', REMOVE, { ...down, runDir: true }, {}, 'stopping unmountData'],
    ['before it is wiped', STOP, down, { resets: 1 }, 'stopping unmountData'],
    ['stays for the next boot', RUN, down, {}, 'preparing openBoot'],
    [
      'stays while a boot is taken down',
      RUN,
      { ...opened, identity: clone, data: 'mounted', container: ended(2) },
      {},
      'stopping closeBoot',
    ],
  ])('%s', (_, wanted, observed, wish, expected) => expect(said(wanted, observed, wish)).toBe(expected));
});

describe('a snapshot that is asked for', () => {
  const snapshot = { snapshotId: 'sn_9', name: 'kept' };
  const taken = { ...identity, taken: 'sn_9' };
  it.each<[string, Wanted, Observed, Partial<Desired>, string]>([
    ['is taken of a stopped phone', STOP, stored, {}, 'stopped takeSnapshot'],
    ['is taken when it has stopped', STOP, ready, {}, 'stopping askShutdown'],
    ['is taken of a paused phone', RUN, frozen, { paused: true }, 'paused takeSnapshot'],
    ['is taken when it is frozen', RUN, ready, { paused: true }, 'ready pauseContainer'],
    ['is not taken of one that runs', RUN, ready, {}, 'ready wait:'],
    ['is taken once', STOP, { ...stored, identity: taken }, {}, 'stopped wait:'],
    ['is taken after a reset', STOP, stored, { resets: 1 }, 'stopping wipeData'],
    ['of a clone needs its data mounted', STOP, { ...stored, identity: clone }, {}, 'stopped mountData'],
    ['of a clone', STOP, { ...stored, identity: clone, data: 'mounted' }, {}, 'stopped takeSnapshot'],
    ['of a phone without data', STOP, nothing, {}, 'stopped wait:NoData'],
    ['does not keep one from going', REMOVE, stored, {}, 'stopping removeStorage'],
  ])('%s', (_, wanted, observed, wish, expected) =>
    expect(said(wanted, observed, { snapshot, ...wish })).toBe(expected),
  );

  it('does not look taken before it is, and is not taken of a phone that another host has', () => {
    const wished = { ...desired, wanted: STOP, snapshot };
    expect(plan(target(STOP, { desired: wished }), stored, facts)).toMatchObject({
      reason: 'SnapshotPending',
      step: { name: 'takeSnapshot', snapshotId: 'sn_9', as: 'kept' },
    });
    const fencedBy = { hostId: 'other', epoch: 5 };
    expect(plan(target(STOP, { desired: wished, fencedBy }), stored, facts)).toMatchObject({
      kind: 'wait',
      reason: 'Fenced',
    });
  });
});

describe('a disk of the phone’s own', () => {
  const run = facts.run.ok ? { ...facts.run, limits: { ...facts.run.limits, diskMib: 64 } } : facts.run;
  const own = { ...identity, diskMib: 64 };
  const disk = { usedMib: 5, sizeMib: 64 };
  const snapshot = { snapshotId: 'sn_9', name: '' };
  it.each<[string, Wanted, Observed, Partial<Desired>, string]>([
    ['is made with the data', RUN, nothing, {}, 'preparing makeStorage'],
    ['is unmounted before it is made anew', RUN, { ...nothing, disk }, {}, 'preparing unmountDisk'],
    [
      'is mounted before the root',
      RUN,
      { ...mounted, root: false, identity: own },
      {},
      'preparing mountDisk',
    ],
    ['then the root is', RUN, { ...mounted, root: false, identity: own, disk }, {}, 'preparing mountRoot'],
    [
      'is mounted before another image',
      RUN,
      { ...stored, identity: { ...own, imageId: 'x' } },
      {},
      'preparing mountDisk',
    ],
    [
      'then the upper is dropped',
      RUN,
      { ...stored, identity: { ...own, imageId: 'x' }, disk },
      {},
      'preparing resetUpper',
    ],
    ['stays for the next boot', RUN, { ...stored, identity: own, disk }, {}, 'preparing openBoot'],
    [
      'is unmounted behind the data',
      STOP,
      { ...stored, identity: own, disk, data: 'mounted' },
      {},
      'stopping unmountData',
    ],
    [
      'is unmounted when the phone is down',
      STOP,
      { ...stored, identity: own, disk },
      {},
      'stopping unmountDisk',
    ],
    [
      'before the phone is removed',
      REMOVE,
      { ...stored, identity: own, disk, runDir: true },
      {},
      'stopping unmountDisk',
    ],
    ['before it is wiped', STOP, { ...stored, identity: own, disk }, { resets: 1 }, 'stopping unmountDisk'],
    ['is mounted for a snapshot', STOP, { ...stored, identity: own }, { snapshot }, 'stopped mountDisk'],
    ['which is taken then', STOP, { ...stored, identity: own, disk }, { snapshot }, 'stopped takeSnapshot'],
    [
      'of a clone: then its data',
      STOP,
      { ...stored, identity: { ...own, snapshotId: 'sn_1' }, disk },
      { snapshot },
      'stopped mountData',
    ],
    ['grows as it runs', RUN, { ...ready, identity: { ...own, diskMib: 32 }, disk }, {}, 'ready growDisk'],
    ['does not shrink', RUN, { ...ready, identity: { ...own, diskMib: 128 }, disk }, {}, 'ready wait:'],
    ['does not come to data that has none', RUN, ready, {}, 'ready wait:'],
  ])('%s', (_, wanted, observed, wish, expected) =>
    expect(said(wanted, observed, wish, { run })).toBe(expected),
  );

  it('grows before a boot where it cannot grow as the phone runs, if there is room', () => {
    const small = { ...own, diskMib: 32 };
    const at = (observed: Observed, growth: PlanFacts['growth']): string =>
      said(RUN, { ...observed, identity: small }, {}, { run, growth });
    expect(at({ ...ready, disk }, 'start')).toBe('ready wait:');
    expect(at({ ...stored, disk, data: 'mounted' }, 'start')).toBe('preparing unmountData');
    expect(at({ ...stored, disk }, 'start')).toBe('preparing unmountDisk');
    expect(at(stored, 'start')).toBe('preparing growDisk');
    expect(at(stored, 'noRoom')).toBe('preparing openBoot');
    expect(at(stored, 'running')).toBe('preparing openBoot');
  });

  it('is told to the steps, and stays as it is when the wish cannot be run', () => {
    expect(plan(target(RUN), nothing, { ...facts, run })).toMatchObject({ step: { diskMib: 64 } });
    const reset = target(STOP, { desired: { ...desired, wanted: STOP, resets: 1 } });
    expect(plan(reset, { ...stored, identity: own }, facts)).toMatchObject({
      step: { name: 'wipeData', diskMib: 0 },
    });
    const refused: PlanFacts['run'] = { ok: false, reason: 'ImageMissing', message: '' };
    expect(plan(reset, { ...stored, identity: own }, { ...facts, run: refused })).toMatchObject({
      step: { name: 'wipeData', diskMib: 64 },
    });
  });
});
