import { Wanted } from '@ancloud/contracts/common/v1/common';
import { Desired } from '@ancloud/contracts/common/v1/common';
import { expect, it } from 'vitest';
import type { Boot, BootShape, Observed } from './observed.js';
import { plan, type PlanFacts } from './plan.js';
import { IMAGE, limits, nothing } from './plan-states.js';

const whole: BootShape = { binderNodes: true, propertyFile: true, ipConfig: true };
const boot: Boot = {
  bootId: 'b1',
  fingerprint: 'f',
  imageId: IMAGE,
  userns: false,
  revision: 1,
  acceptedAtMs: 0,
  acceptedBootMs: 0,
  shape: whole,
};
/** The root is mounted, nothing else. */
const mounted: Observed = {
  ...nothing,
  storage: 'ready',
  identity: { base: 7, userns: false, imageId: IMAGE },
  runDir: true,
  boot,
  image: { present: true, mounted: true, users: 1 },
  root: true,
};
const facts: PlanFacts = {
  nowMs: 0,
  run: {
    ok: true,
    fingerprint: 'f',
    imageId: IMAGE,
    userns: false,
    shape: whole,
    limits,
    egressAllow: [],
    ports: [],
  },
  dataFromPresent: true,
  base: 7,
  failure: undefined,
  growth: 'running',
  ports: [],
  view: undefined,
  bootSlot: true,
  limits: { init: 30_000, zygote: 120_000, completed: 300_000 },
  graceMs: 10_000,
};

function next(observed: Observed, wanted = Wanted.WANTED_RUNNING): string {
  const desired = Desired.fromPartial({ phoneId: 'ph_1', epoch: 1, revision: 1, wanted });
  const decision = plan({ desired, managedBy: 'farm', slot: 0 }, observed, facts);
  return decision.kind === 'step' ? decision.step.name : `wait ${decision.reason}`;
}

it.each<[string, Partial<Observed>]>([
  ['mountBinder', {}],
  ['mountBinder', { binder: 'closed' }],
  ['writeProperties', { binder: 'open' }],
  ['writeIpConfig', { binder: 'open', propertyFile: true }],
  ['writeIpConfig', { binder: 'open', propertyFile: true, ipConfig: 'other' }],
  ['writeBundle', { binder: 'open', propertyFile: true, ipConfig: 'written' }],
  ['createContainer', { binder: 'open', propertyFile: true, ipConfig: 'written', bundle: true }],
  // What is lost before the container exists is made again.
  ['mountBinder', { propertyFile: true, ipConfig: 'written', bundle: true }],
])('%s is next, with %j', (step, more) => expect(next({ ...mounted, ...more })).toBe(step));

it('a boot asks for no more than its own shape, and one of 0.1 for nothing', () => {
  const { shape: _, ...old } = boot;
  expect(next({ ...mounted, boot: old })).toBe('writeBundle');
  const one = { ...boot, shape: { ...whole, binderNodes: false, ipConfig: false } };
  expect(next({ ...mounted, boot: one })).toBe('writeProperties');
});

it.each<[string, Partial<Observed>]>([
  ['unmountRoot', { binder: 'open', ipConfig: 'written' }],
  ['unmountBinder', { root: false, binder: 'open', ipConfig: 'written' }],
  ['unmountBinder', { root: false, binder: 'closed' }],
  ['removeIpConfig', { root: false, ipConfig: 'written' }],
  ['removeIpConfig', { root: false, ipConfig: 'other' }],
  ['closeBoot', { root: false }],
])('%s is next when it shall stop, with %j', (step, more) =>
  expect(next({ ...mounted, ...more }, Wanted.WANTED_STOPPED)).toBe(step),
);

it('takes down a binderfs that no boot knows', () => {
  const stray: Observed = { ...mounted, boot: undefined, root: false, binder: 'open' };
  expect(next(stray)).toBe('unmountBinder');
  expect(next(stray, Wanted.WANTED_REMOVED)).toBe('unmountBinder');
});

it('leaves the data’s own ipconfig.txt to images that write it themselves', () => {
  const { shape: _, ...old } = boot;
  expect(next({ ...mounted, boot: old, root: false, ipConfig: 'other' }, Wanted.WANTED_STOPPED)).toBe(
    'closeBoot',
  );
});
