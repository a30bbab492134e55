import fs from 'node:fs';
import type { Progress } from '../core/boot-progress.js';
import { progressOf } from '../core/boot-progress.js';
import type { ExitRecord } from '../core/exit.js';
import { ipConfigFile } from '../core/ip-config.js';
import { binderNames } from '../core/host-abilities.js';
import type { ViewRecord } from '../core/lxcfs.js';
import type { Boot, Container, Identity, LastBoot, Observed } from '../core/observed.js';
import { currentFingerprint } from '../core/run-spec.js';
import { readLimits } from '../io/cgroup-limits.js';
import { type CgroupHost, cgroupDirs } from '../io/cgroups.js';
import { freezerOf } from '../io/freezer.js';
import type { ImageStore } from '../io/image-store.js';
import { observeIpConfig } from '../io/ip-config-file.js';
import { mountTargets } from '../io/mounts.js';
import { observePad } from '../io/pad.js';
import type { Paths, RunPaths } from '../io/paths.js';
import type { PhoneDisks } from '../io/phone-disk.js';
import type { PhoneNetwork } from '../io/phone-network.js';
import { isAlive } from '../io/process.js';
import { readProperties } from '../io/property-reader.js';
import { readRunJson } from '../io/run-file.js';

export interface ObserverOptions {
  readonly paths: Paths;
  readonly images: ImageStore;
  readonly network: PhoneNetwork;
  readonly disks: PhoneDisks;
  readonly cgroups: CgroupHost;
  /** Path of a phone's cgroup below each hierarchy. */
  readonly cgroupOf: (phone: string) => string;
  /** This boot of the machine. */
  readonly hostBoot: string;
}

/** Head of every record of phone-shim (shim/README.md, "Files in RUNDIR"). */
interface ShimRecord {
  readonly hostBootId: string;
  readonly pid: number | null;
  readonly startTime: number | null;
}
interface CreateRecord extends ShimRecord {
  readonly outcome: 'created' | 'adopted' | 'failed' | 'timeout' | 'cancelled';
}

/** What is asked besides the phone itself. */
export interface ObserveHints {
  readonly slot: number;
  /** Image to ask about when no boot is open. */
  readonly imageId: string | undefined;
  /** Boot that was seen completed: its properties need not be read again. */
  readonly completedBoot: string | undefined;
}

/**
 * True when the phone's init was seen to run and has ended since, its network namespace and its files with it: what failed on it failed for that,
 * and its end is to be told.
 */
export function endedSince({ container }: Observed): boolean {
  return container.kind === 'running' && !isAlive(container.pid, container.startTime);
}

/**
 * Looks at directories, mounts, cgroups, devices and processes. crun is never asked: killed creates leave it with entries it
 * cannot read, and leftovers it does not know.
 */
export class Observer {
  constructor(private readonly options: ObserverOptions) {}

  async observe(phone: string, hints: ObserveHints): Promise<Observed> {
    const { paths, images, network, disks, cgroups, cgroupOf } = this.options;
    const run = paths.run(phone);
    const storage = paths.storage(phone);
    const boot = bootOf(readRunJson<Boot>(run.boot));
    const mounts = mountTargets();
    const container = this.#container(phone, run);
    const imageId = boot?.imageId ?? hints.imageId;
    const identity = readRunJson<Identity>(storage.identity);
    const data = paths.data(phone, identity);
    const files = paths.files(phone, identity);
    // Whether its folders are on a disk of its own is seen when that is mounted.
    const filled = identity?.diskMib === undefined ? [files.data, files.upper, files.work] : [storage.disk];
    const whole = identity !== undefined && [...filled, storage.log].every((part) => fs.existsSync(part));
    const started = readRunJson<{ atMs: number }>(run.started);
    return {
      storage: whole ? 'ready' : fs.existsSync(storage.root) ? 'partial' : 'none',
      identity,
      runDir: fs.existsSync(run.root),
      door: fs.existsSync(run.door) ? run.door : '',
      boot,
      last: readRunJson<LastBoot>(run.last),
      image: {
        present: imageId !== undefined && images.get(imageId) !== undefined,
        mounted: imageId !== undefined && mounts.has(paths.imageMount(imageId)),
        users: imageId === undefined ? 0 : images.users(imageId),
      },
      lower: mounts.has(run.lower),
      root: mounts.has(run.rootfs),
      data: mounts.has(run.data) ? 'mounted' : mounts.has(run.dataLower) ? 'partial' : 'none',
      disk: mounts.has(run.disk) ? disks.use(phone, identity?.diskMib ?? 0) : undefined,
      binder: mounts.has(run.binder) ? openness(run.binder) : 'none',
      input: mounts.has(run.input),
      pad: container.kind === 'running' ? observePad(phone, run) : undefined,
      propertyFile: boot !== undefined && fs.existsSync(run.properties),
      ipConfig:
        boot?.shape?.ipConfig === true && fs.existsSync(data)
          ? observeIpConfig(data, ipConfigFile(network.staticIp(hints.slot)))
          : 'none',
      bundle: boot !== undefined && fs.existsSync(run.config),
      container,
      network: await network.observe(hints.slot),
      progress: this.#progress(container, boot, hints.completedBoot),
      limits: container.kind === 'running' ? readLimits(cgroups, cgroupOf(phone)) : undefined,
      egress: container.kind === 'running' ? await network.egress(hints.slot) : undefined,
      ports: container.kind === 'running' ? await network.ports(hints.slot) : undefined,
      view: readRunJson<ViewRecord>(run.view)?.mark ?? '',
      startedAtMs: started?.atMs,
      stop: readRunJson<NonNullable<Observed['stop']>>(run.stop),
    };
  }

  /** The process that a record of the shim names, when it lives. */
  #alive(record: ShimRecord | undefined): { readonly pid: number; readonly startTime: number } | undefined {
    if (record === undefined || record.pid === null || record.startTime === null) return undefined;
    if (record.hostBootId !== this.options.hostBoot || !isAlive(record.pid, record.startTime))
      return undefined;
    return { pid: record.pid, startTime: record.startTime };
  }

  #container(phone: string, run: RunPaths): Container {
    const { cgroups, cgroupOf } = this.options;
    const created = readRunJson<CreateRecord>(run.createRecord);
    const made = created?.outcome === 'created' || created?.outcome === 'adopted';
    const init = made ? this.#alive(created) : undefined;
    if (init !== undefined) {
      const shim = this.#alive(readRunJson<ShimRecord>(run.shimRecord)) !== undefined;
      // crun removes the FIFO that its waiting init holds when `start` lets it go.
      if (fs.existsSync(`${run.crun}/exec.fifo`)) return { kind: 'created', ...init, shim };
      return { kind: 'running', ...init, shim, freezer: freezerOf(cgroups, cgroupOf(phone)) };
    }
    const exit = readRunJson<ExitRecord>(run.exitRecord);
    const lived = fs.existsSync(run.started);
    if (fs.existsSync(run.crun) || cgroupDirs(cgroups, cgroupOf(phone)).length > 0)
      return { kind: 'debris', lived, exit };
    if (created !== undefined || exit !== undefined || fs.existsSync(run.shimRecord))
      return { kind: 'ended', lived, exit };
    return { kind: 'none' };
  }

  #progress(container: Container, boot: Boot | undefined, completedBoot: string | undefined): Progress {
    if (container.kind !== 'running') return 'none';
    if (boot !== undefined && boot.bootId === completedBoot) return 'completed';
    return progressOf(readProperties(container.pid));
  }
}

/** As this version would have written it. */
function bootOf(boot: Boot | undefined): Boot | undefined {
  return boot === undefined ? undefined : { ...boot, fingerprint: currentFingerprint(boot.fingerprint) };
}

/** Whether all ids may open the nodes of a binderfs: new ones are root's alone. */
function openness(binderfs: string): 'closed' | 'open' {
  const open = binderNames.every((name) => {
    const node = fs.statSync(`${binderfs}/${name}`, { throwIfNoEntry: false });
    return node !== undefined && (node.mode & 0o666) === 0o666;
  });
  return open ? 'open' : 'closed';
}
