import {
  type AppError,
  asAppError,
  type Clock,
  describeError,
  type Exec,
  type Lifecycle,
  type Log,
  type Metrics,
} from '@ancloud/kit';
import fs from 'node:fs';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import type { Config } from '../config.js';
import { bootSlots, parsePressure } from '../core/boot-slots.js';
import { detectCgroups, removeEmptyParents } from '../io/cgroups.js';
import { Crun, hiddenMounts } from '../io/crun.js';
import { makeDoors } from '../io/doors.js';
import { Dnsmasq } from '../io/dnsmasq.js';
import { Drain } from '../io/drain.js';
import { faultsOf } from '../io/faults.js';
import { type HostKernel, probeKernel } from '../io/host-kernel.js';
import { limitsCondition, raiseCeilings } from '../io/host-limits.js';
import { HostNetwork } from '../io/host-network.js';
import { ImageImporter } from '../io/image-import.js';
import { ImageStore } from '../io/image-store.js';
import { Lxcfs } from '../io/lxcfs.js';
import { UploadStore } from '../io/upload-store.js';
import { readMounts } from '../io/mounts.js';
import { Paths } from '../io/paths.js';
import { countPhoneCpus } from '../io/phone-cpus.js';
import { PhoneLock } from '../io/phone-lock.js';
import { PhoneDisks } from '../io/phone-disk.js';
import { PhoneNetwork } from '../io/phone-network.js';
import { quickExec } from '../io/posix-spawn.js';
import { PublicPorts } from '../io/public-ports.js';
import { hostBootId } from '../io/process.js';
import { SnapshotStore } from '../io/snapshot-store.js';
import { PhoneStorage } from '../io/storage.js';
import { SnapshotTaker } from '../io/take-snapshot.js';
import { TargetStore } from '../io/target-store.js';
import { Admission } from './admission.js';
import { StepRunner } from './executors.js';
import { Observer } from './observe.js';
import { vsockCondition } from './vsock-condition.js';
import { Phones } from './phones.js';
import { Reconciler } from './reconciler.js';

/** The parts of one host, wired. Built once by `startHost`, ended by the lifecycle. */
export interface Host {
  readonly config: Config;
  readonly paths: Paths;
  readonly kernel: HostKernel;
  /** CPUs that phones run on. */
  readonly cpus: number;
  readonly lxcfs: Lxcfs;
  readonly images: ImageStore;
  readonly importer: ImageImporter;
  readonly uploads: UploadStore;
  readonly snapshots: SnapshotStore;
  readonly drain: Drain;
  readonly phones: Phones;
  readonly targets: TargetStore;
  readonly crun: Crun;
  readonly clock: Clock;
  readonly log: Log;
  /** What is so of this host and should be known; changes with the network check. */
  conditions(): Condition[];
}

const NETWORK_CHECK_MS = 60_000;
const SWEEP_MS = 10_000;

/**
 * Locks the run directory, makes the network, loads images and targets, and begins to reconcile. Errors: PORT_TAKEN when
 * another container-svc has this run directory; SUBNET_TAKEN and others of the network.
 */
export async function startHost(
  config: Config,
  clock: Clock,
  log: Log,
  metrics: Metrics,
  life: Lifecycle,
): Promise<Host> {
  const paths = new Paths(config.stateDir, config.runDir);
  for (const dir of [paths.stateDir, paths.runDir]) fs.mkdirSync(dir, { recursive: true, mode: 0o711 });
  for (const dir of [paths.sockets, paths.locks, paths.crun, paths.sandbox])
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = await PhoneLock.take(`${paths.runDir}/container-svc.lock`, clock, life.signal, 5_000);
  life.add({ name: 'run directory lock', free: () => lock.release() });
  makeDoors(paths);

  const exec = quickExec;
  const lowCeilings = raiseCeilings(config.raiseLimits, log);
  const lxcfs = new Lxcfs(config.lxcfsDir, clock);
  await lxcfs.look();
  const cgroups = detectCgroups(readMounts());
  const cpus = countPhoneCpus(config.phoneCpus, cgroups);
  const { labels, phoneCpus } = config;
  const kernel = await probeKernel({ exec, hostcapBin: config.hostcapBin, labels, phoneCpus });
  const hostcap: Exec = (argv, options) => exec([config.hostcapBin, ...argv], options);
  const images = new ImageStore(paths, hostcap, clock);
  const { hostcapBin, importDirs: allowedDirs, insecureRegistries } = config;
  const uploads = new UploadStore(paths.uploads, config.hostId, clock);
  uploads.load();
  const importer = new ImageImporter({
    store: images,
    uploads,
    exec,
    clock,
    hostcapBin,
    allowedDirs,
    insecureRegistries,
  });
  life.add({ name: 'imports', stop: () => importer.stop(), join: () => importer.join() });
  const faults = faultsOf(config.fault);
  const targets = new TargetStore(paths, faults, log);
  const snapshots = new SnapshotStore({ paths, hostcap, clock, faults });
  const taker = new SnapshotTaker(snapshots, paths.sandbox);
  life.add({ name: 'snapshots', stop: () => taker.stop(), join: () => taker.join() });
  await Promise.all([images.load(), snapshots.load(), targets.load(clock.now())]);

  const { bridge, subnet, adbUids } = config;
  const hostNetwork = new HostNetwork({ bridge, subnet, adbUids, exec, log });
  const ports = new PublicPorts({ bridge, range: config.publicPorts, exec });
  const network = new PhoneNetwork({ bridge, subnet, hostcap, exec, ports });
  const { nameServers } = config;
  const dnsmasq = new Dnsmasq({ folder: paths.dnsmasq, bridge, subnet, nameServers, clock, log });
  for (const [phone, target] of targets.all()) dnsmasq.know(phone, network.address(target.slot));
  await hostNetwork.ensure();
  await dnsmasq.ensure();

  const { shimBin, doors, doorUid } = config;
  const hideMounts = hiddenMounts(cgroups.mode);
  const crun = new Crun({ exec, paths, shimBin, hostcapBin, doors, doorUid, hideMounts });
  const cgroupOf = (phone: string): string => `/ancloud-${config.hostId}/${phone}`;
  const disks = new PhoneDisks({ paths, exec, clock });
  const hostBoot = hostBootId();
  const observer = new Observer({ paths, images, network, disks, cgroups, cgroupOf, hostBoot });
  const adbKey = (): string | undefined => readOptional(config.adbPublicKeyFile);
  const storage = new PhoneStorage(paths, disks);
  for (const phone of targets.all().keys()) storage.tidy(phone);
  const steps = new StepRunner({
    paths,
    exec,
    clock,
    log,
    faults,
    images,
    snapshots,
    taker,
    storage,
    disks,
    targets,
    network,
    dnsmasq,
    crun,
    kernel,
    lxcfs,
    cgroups,
    cgroupOf,
    subnet,
    hostcapBin,
    adbKey,
  });
  const admission = new Admission(
    () => bootSlots(config.bootParallel ?? cpus, parsePressure(readOptional('/proc/pressure/cpu') ?? '')),
    (phone) => phones.nudge(phone),
  );
  const stepSeconds = metrics.histogram('ancloud_step_seconds', 'Time of steps that succeeded', ['step']);
  const onStep = (step: string, ms: number): void => stepSeconds.observe({ step }, ms / 1_000);
  const phoneGauge = metrics.gauge('ancloud_phones', 'Phones that this host has been told of');
  const { hostId, limits, graceMs, maxPhones } = config;
  const common = {
    hostId,
    paths,
    targets,
    images,
    snapshots,
    network,
    disks,
    ports,
    kernel,
    lxcfs,
    observer,
    steps,
    admission,
    limits,
    graceMs,
    onStep,
    clock,
    log,
  };
  const phones = new Phones({
    hostId,
    targets,
    subnet,
    maxPhones,
    clock,
    log,
    makeReconciler: (phone, events) => new Reconciler(phone, common, events),
  });

  let networkTrouble: AppError | undefined;
  const check = every(NETWORK_CHECK_MS, clock, async () => {
    network.recheck();
    try {
      await hostNetwork.ensure();
      await dnsmasq.ensure();
      networkTrouble = undefined;
    } catch (error) {
      networkTrouble = asAppError(error);
      log.error({ err: error }, 'the phones’ network could not be repaired');
    }
  });
  // Level-triggered: whatever was missed is found here.
  const sweep = every(SWEEP_MS, clock, async () => {
    phoneGauge.set(phones.count);
    if (await lxcfs.look()) phones.nudgeAll();
    await phones.sweep();
    uploads.sweep();
    // Its end is noticed here, a broken network with the check above.
    await dnsmasq.ensure().catch((err: unknown) => log.error({ err }, 'dnsmasq could not be started again'));
  });
  life.add({
    name: 'phones',
    stop: () => {
      check();
      sweep();
      phones.stop();
    },
    join: () => phones.join(),
    free: () => phones.close(),
  });
  phones.start();
  return {
    config,
    paths,
    kernel,
    cpus,
    lxcfs,
    images,
    importer,
    uploads,
    snapshots,
    drain: new Drain({ file: paths.drained, configured: config.schedulable }),
    phones,
    targets,
    crun,
    clock,
    log,
    conditions: () => [
      ...kernel.conditions,
      limitsCondition(lowCeilings),
      vsockCondition(kernel, images),
      lxcfs.condition,
      targets.condition,
      {
        type: 'NetworkBroken',
        active: networkTrouble !== undefined,
        message: networkTrouble === undefined ? '' : describeError(networkTrouble),
      },
    ],
  };
}

/** Runs `work` again and again with `ms` in between. Answers how to stop. */
function every(ms: number, clock: Clock, work: () => Promise<void>): () => void {
  let stopped = false;
  const next = (): ReturnType<Clock['setTimeout']> => {
    const timer = clock.setTimeout(() => {
      void work().finally(() => {
        if (!stopped) current = next();
      });
    }, ms);
    timer.unref();
    return timer;
  };
  let current = next();
  return () => {
    stopped = true;
    current.cancel();
  };
}

function readOptional(file: string | undefined): string | undefined {
  if (file === undefined || !fs.existsSync(file)) return undefined;
  const text = fs.readFileSync(file, 'utf8').trim();
  return text === '' ? undefined : text;
}

/** Takes away bridge, rules and dnsmasq: `main.js --remove-network`. Phones that run lose their network. */
export async function removeNetwork(config: Config, clock: Clock, log: Log): Promise<void> {
  const paths = new Paths(config.stateDir, config.runDir);
  const { bridge, subnet, adbUids, nameServers } = config;
  await new Dnsmasq({ folder: paths.dnsmasq, bridge, subnet, nameServers, clock, log }).stop();
  await new HostNetwork({ bridge, subnet, adbUids, exec: quickExec, log }).remove();
  removeEmptyParents(detectCgroups(readMounts()), `/ancloud-${config.hostId}`);
}
