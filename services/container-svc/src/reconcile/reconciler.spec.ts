import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Profile } from '@ancloud/contracts/common/v1/common';
import type { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { AppError, createLog, realClock } from '@ancloud/kit';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { able } from '../core/able.fixture.js';
import type { Observed } from '../core/observed.js';
import { boot, debris, facts, IMAGE, RUN, running, target, up } from '../core/plan-states.js';
import { Paths } from '../io/paths.js';
import { runnable } from '../core/runnable.js';
import { startTimeOf } from '../io/process.js';
import { Reconciler, type ReconcilerOptions } from './reconciler.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-reconciler-'));
const paths = new Paths(path.join(folder, 'state'), path.join(folder, 'run'));
fs.mkdirSync(paths.locks, { recursive: true });
const told: PhoneStatus[] = [];
const steps: string[] = [];
let reconciler: Reconciler | undefined;
beforeEach(() => {
  told.length = 0;
  steps.length = 0;
});
afterEach(() => {
  reconciler?.close();
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const spec = {
  imageId: IMAGE,
  bootProperties: {},
  labels: {},
  idlePauseMinutes: 0,
  egressAllow: [],
  ports: [],
  gamepad: false,
};
const image = {
  profile: Profile.PROFILE_REFERENCE,
  androidVersion: '13',
  abi: 'x86_64',
  abis: ['x86_64'],
  has32Bit: false,
};
const way = runnable(spec, image, able, 0);
if (!way.ok) throw new Error(way.message);

/** A phone that is what `looks` says, one look after the other, and whose step `failing` fails. Its run ends with the step behind that. */
async function run(looks: readonly Observed[], failing: string): Promise<void> {
  const wish = target(RUN);
  const whole = { ...wish, desired: { ...wish.desired, spec } };
  const abort = new AbortController();
  let looked = 0;
  const options = {
    hostId: 'h',
    paths,
    targets: { get: () => whole },
    images: { get: () => image },
    snapshots: { get: () => undefined },
    network: { address: () => ({ ip: '192.0.2.2' }) },
    ports: { grant: () => Promise.resolve({ granted: [], refused: [] }) },
    disks: { hasRoom: () => true },
    kernel: {
      abilities: able,
      oci: { capabilities: new Set() },
    },
    lxcfs: { view: undefined },
    observer: { observe: () => Promise.resolve(looks[Math.min((looked += 1), looks.length) - 1]) },
    steps: {
      run: ({ name }: { readonly name: string }) => {
        steps.push(name);
        if (steps.length > 1) abort.abort();
        if (name !== failing) return Promise.resolve();
        return Promise.reject(new AppError('EXEC_FAILED', 'Cannot find device "ph352ap6"'));
      },
    },
    admission: { ask: () => true, release: () => undefined },
    limits: facts.limits,
    graceMs: 10_000,
    onStep: () => undefined,
    clock: realClock,
    log: createLog({ service: 'spec', level: 'silent' }),
  };
  reconciler = new Reconciler('ph_1', options as unknown as ReconcilerOptions, {
    onStatus: (status) => told.push(status),
    onNews: () => undefined,
  });
  await reconciler.run(abort.signal);
}

const plugged = (pid: number, startTime: number): Observed => ({
  ...up,
  boot: { ...boot, fingerprint: way.fingerprint, userns: way.userns, shape: way.shape },
  network: 'plugged',
  container: { ...running, shim: true, pid, startTime },
});

describe('a step that fails', () => {
  it('because the phone’s init ended within it is no failure of the step: the end is looked at', async () => {
    // No process began before the machine did.
    await run([plugged(42, -1), { ...up, network: 'none', container: debris(9) }], 'openNetwork');
    expect(steps).toEqual(['openNetwork', 'deleteContainer']);
    expect(told.map(({ reason }) => reason)).not.toContain('StepFailed');
  });

  it('on a phone that lives is told, and tried again later', async () => {
    await run([plugged(process.pid, startTimeOf(process.pid) ?? 0)], 'openNetwork');
    expect(steps).toEqual(['openNetwork']);
    expect(told.at(-1)).toMatchObject({
      reason: 'StepFailed',
      message: expect.stringContaining('openNetwork: Cannot find device') as string,
    });
  });
});
