import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import type { Boot, Container, Observed } from './observed.js';
import { plan, type PlanFacts } from './plan.js';
import type { Target } from './target.js';

/* States of a phone, and what the plan says of them; for the specs of plan.ts. */

export const RUN = Wanted.WANTED_RUNNING;
export const STOP = Wanted.WANTED_STOPPED;
export const REMOVE = Wanted.WANTED_REMOVED;

export const NOW = 1_000_000;
export const FINGERPRINT = 'as wished';
export const IMAGE = `sha256:${'a'.repeat(64)}`;

export const boot: Boot = {
  bootId: 'b1',
  fingerprint: FINGERPRINT,
  imageId: IMAGE,
  userns: true,
  revision: 3,
  acceptedAtMs: NOW - 5_000,
  acceptedBootMs: 0,
};
export const nothing: Observed = {
  storage: 'none',
  identity: undefined,
  runDir: false,
  door: '',
  boot: undefined,
  last: undefined,
  image: { present: true, mounted: false, users: 0 },
  lower: false,
  root: false,
  data: 'none',
  disk: undefined,
  binder: 'none',
  input: false,
  pad: undefined,
  propertyFile: false,
  ipConfig: 'none',
  bundle: false,
  container: { kind: 'none' },
  network: 'none',
  progress: 'none',
  limits: undefined,
  egress: undefined,
  ports: undefined,
  view: '',
  startedAtMs: undefined,
  stop: undefined,
};
export const identity = { base: 7, userns: true, imageId: IMAGE };
export const stored: Observed = { ...nothing, storage: 'ready', identity };
export const opened: Observed = { ...stored, runDir: true, boot };
export const mounted: Observed = {
  ...opened,
  image: { present: true, mounted: true, users: 0 },
  lower: true,
  root: true,
};
export const bundled: Observed = { ...mounted, bundle: true };
export const created = { kind: 'created', pid: 42, startTime: 9, shim: true } as const satisfies Container;
export const running = {
  kind: 'running',
  pid: 42,
  startTime: 9,
  shim: true,
  freezer: 'thawed',
} as const satisfies Container;
export const up: Observed = {
  ...bundled,
  container: running,
  network: 'attached',
  startedAtMs: NOW - 1_000,
  progress: 'zygote',
};
export const ready: Observed = { ...up, progress: 'completed' };
export const exit = (signal: number | null, exitCode: number | null = null) => ({
  exitCode,
  signal,
  atMs: NOW,
});
export const debris = (signal: number): Container => ({ kind: 'debris', lived: true, exit: exit(signal) });
export const ended = (signal: number): Container => ({ kind: 'ended', lived: true, exit: exit(signal) });

export const plain = { binderNodes: false, propertyFile: false, ipConfig: false };
export const limits = {
  cpuMillis: 2_000,
  cpuWeight: 100,
  memoryMib: 2_048,
  swapMib: 0,
  pids: 4_096,
  ioWeight: 100,
  egressKbit: 0,
  diskMib: 0,
};
export const facts: PlanFacts = {
  nowMs: NOW,
  run: {
    ok: true,
    fingerprint: FINGERPRINT,
    imageId: IMAGE,
    userns: true,
    shape: plain,
    limits,
    egressAllow: [],
    ports: [],
  },
  dataFromPresent: true,
  base: 7,
  failure: undefined,
  growth: 'running',
  bootSlot: true,
  ports: [],
  view: undefined,
  limits: { init: 30_000, zygote: 120_000, completed: 300_000 },
  graceMs: 10_000,
};
export const other: PlanFacts['run'] = {
  ok: true,
  fingerprint: 'otherwise',
  imageId: IMAGE,
  userns: true,
  shape: plain,
  limits,
  egressAllow: [],
  ports: [],
};

export const desired: Desired = {
  phoneId: 'ph_1',
  epoch: 1,
  revision: 3,
  wanted: RUN,
  owner: 'o',
  name: 'n',
  createdAtMs: 0,
  reboots: 0,
  resets: 0,
  paused: false,
  dataFrom: '',
};

export function target(wanted: Wanted, more: Partial<Target> = {}): Target {
  return {
    desired: { ...desired, wanted },
    managedBy: 'farm',
    slot: 0,
    ...more,
  };
}

/** What the plan says, in one word per part: `stage step` or `stage wait:reason`. */
export function said(
  wanted: Wanted,
  observed: Observed,
  some: Partial<PlanFacts> = {},
  more: Partial<Target> = {},
): string {
  const decision = plan(target(wanted, more), observed, { ...facts, ...some });
  return decision.kind === 'step'
    ? `${decision.stage} ${decision.step.name}`
    : `${decision.stage} wait:${decision.reason}`;
}
