import fs from 'node:fs';
import { AppError, type Clock, sleep } from '@ancloud/kit';
import type { StopRecord } from '../core/observed.js';
import type { StepArgs } from '../core/steps.js';
import { removeCgroups } from '../io/cgroups.js';
import { askFreezer, freezerOf } from '../io/freezer.js';
import { loopsOf } from '../io/mounts.js';
import { isAlive, signalProcess, waitsIn } from '../io/process.js';
import { readRunJson, writeRunJson } from '../io/run-file.js';
import type { ExecutorOptions, StepContext } from './step-context.js';

const FREEZE_WAIT_MS = 5_000;
/** The kernel takes a phone's processes down within milliseconds, on a machine that is busy within seconds. */
const KILL_WAIT_MS = 20_000;
const SHIM_WAIT_MS = 3_000;

/** True when `done` became true in time; asked each 5 ms. */
async function within(ms: number, clock: Clock, done: () => boolean): Promise<boolean> {
  for (const began = clock.monotonic(); !done();) {
    if (clock.monotonic() - began > ms) return false;
    await sleep(5, undefined, clock);
  }
  return true;
}

/** Freezes or thaws, and waits until the kernel says so. Errors: STEP_FAILED; a phone that does not freeze is thawed again. */
export async function setFreezer(
  { cgroups, cgroupOf, clock }: ExecutorOptions,
  frozen: boolean,
  { phone }: StepContext,
  inside: () => void,
): Promise<void> {
  const cgroup = cgroupOf(phone);
  const wanted = frozen ? 'frozen' : 'thawed';
  const asked = askFreezer(cgroups, cgroup, frozen);
  inside();
  if (asked && (await within(FREEZE_WAIT_MS, clock, () => freezerOf(cgroups, cgroup) === wanted))) return;
  if (frozen) askFreezer(cgroups, cgroup, false);
  throw new AppError(
    'STEP_FAILED',
    asked
      ? `${phone} is not ${wanted} after ${FREEZE_WAIT_MS} ms`
      : `${phone} cannot be ${wanted}: its cgroup has no freezer`,
    {
      field: 'cgroup',
      value: cgroup,
      fix: asked
        ? 'a process of the phone is stuck in the kernel: see which is in state D'
        : 'mount the cgroup freezer',
    },
  );
}

const stopRecord = (record: StopRecord, late: StopRecord['late']): StopRecord =>
  late === undefined ? record : { ...record, late };

/** SIGKILL for pid 1, and its end awaited. Errors: STEP_FAILED when it does not go. */
export async function killContainer(
  options: ExecutorOptions,
  { because, pid, late }: StepArgs['killContainer'],
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { paths, clock } = options;
  const { container, stop } = context.observed;
  const run = paths.run(context.phone);
  if (stop === undefined) writeRunJson(run.stop, stopRecord({ because, atMs: clock.now() }, late));
  inside();
  if (!('startTime' in container)) return;
  const { startTime } = container;
  if (isAlive(pid, startTime)) signalProcess(pid, 'SIGKILL');
  if (await within(KILL_WAIT_MS, clock, () => !isAlive(pid, startTime))) return;
  const where = waitsIn(pid);
  throw new AppError(
    'STEP_FAILED',
    `killing ${context.phone}: pid 1 (${pid}) is still there after ${KILL_WAIT_MS} ms, in ${where}`,
    {
      field: 'pid',
      value: String(pid),
      fix:
        where === 'zap_pid_ns_processes'
          ? 'it waits for an ended process of its own that nobody collects: run under an init that does (tini, docker --init)'
          : `see what it waits for: cat /proc/${pid}/stack`,
    },
  );
}

/** crun's entry, stray processes, cgroups. Errors: STEP_FAILED naming the cgroup that stays. */
export async function deleteContainer(
  options: ExecutorOptions,
  { phone, lockFd }: StepContext,
  inside: () => void,
): Promise<void> {
  const { crun, paths, cgroups, cgroupOf, clock } = options;
  const shim = readRunJson<{ pid: number; startTime: number }>(paths.run(phone).shimRecord);
  // The shim writes the rest of the log and exit.json: what it knows would be lost if the boot were closed before.
  if (shim !== undefined) await within(SHIM_WAIT_MS, clock, () => !isAlive(shim.pid, shim.startTime));
  await crun.delete(phone, lockFd);
  inside();
  // Whoever is frozen in there could not even be killed, with cgroup v1.
  askFreezer(cgroups, cgroupOf(phone), false);
  if (await within(KILL_WAIT_MS, clock, () => removeCgroups(cgroups, cgroupOf(phone)))) return;
  throw new AppError('STEP_FAILED', `deleting ${phone}: its cgroup ${cgroupOf(phone)} does not go away`, {
    field: 'cgroup',
    value: cgroupOf(phone),
    fix: 'see who is in it: cat cgroup.procs of each hierarchy',
  });
}

/** Looks once more at everything a phone may leave, and only then forgets it. Errors: STEP_FAILED naming what is left. */
export async function buryTarget(
  options: ExecutorOptions,
  { phone, target }: StepContext,
  inside: () => void,
): Promise<void> {
  const { paths, targets, network, dnsmasq, clock, images } = options;
  const address = network.address(target.slot);
  // Known again to a container-svc that was started after detachNetwork.
  await dnsmasq.remove(phone, address);
  const { root } = paths.run(phone);
  const imageId = target.desired.spec?.imageId;
  if (imageId !== undefined && images.users(imageId) === 0) await images.unmount(imageId);
  const left = [
    ...[root, paths.storage(phone).root, paths.run(phone).crun].filter((dir) => fs.existsSync(dir)),
    ...((await network.observe(target.slot)) === 'none' ? [] : ['its network device']),
    ...(dnsmasq.hasLease(address.ip) ? [`the lease of ${address.ip}`] : []),
    ...loopsOf(paths.storage(phone).disk),
    ...(imageId !== undefined && !images.isMounted(imageId) ? loopsOf(paths.imageFile(imageId)) : []),
  ];
  if (left.length > 0)
    throw new AppError('STEP_FAILED', `removing ${phone}: still there: ${left.join(', ')}`, {
      field: 'phone_id',
      value: phone,
    });
  await targets.bury(phone, clock.now(), inside);
  fs.rmSync(paths.lockFile(phone), { force: true });
}
