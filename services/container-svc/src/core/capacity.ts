/** What a host has of everything that phones take, each in its own unit. */
export interface HostResources {
  readonly cpuMillis: number;
  readonly memoryMib: number;
  /** fs.inotify.max_user_instances and .max_user_watches. */
  readonly inotifyInstances: number;
  readonly inotifyWatches: number;
  /** kernel.pid_max: threads count too. */
  readonly pids: number;
  /** fs.file-max: open files of the whole machine. */
  readonly openFiles: number;
  /** Hard limit of container-svc's own open files. */
  readonly ownFiles: number;
  /** Loop devices that are free or can be made. Phones of one image share one: without any there is no phone. */
  readonly loopDevices: number;
  /** Sets of static binder nodes; Infinity where phones need none of them. */
  readonly binderSets: number;
  /** ANCLOUD_MAX_PHONES, or addresses of the subnet. */
  readonly configured: number;
}

export interface CapacityLimit {
  readonly name: string;
  readonly has: number;
  /** What one phone is taken to need. */
  readonly perPhone: number;
  readonly phones: number;
  /** Where `perPhone` comes from, and how to raise the limit. */
  readonly why: string;
}

interface Rule {
  readonly name: string;
  readonly has: (host: HostResources) => number;
  readonly perPhone: number;
  readonly why: string;
}

/** Rules of thumb, not promises: a phone that needs more has its own limits, and these keep the host usable. */
const rules: readonly Rule[] = [
  {
    name: 'cpu',
    has: ({ cpuMillis }) => cpuMillis,
    perPhone: 250,
    why: 'thousandths of a core; Anbox Cloud plans a phone of 2 cores with an over-commit of 4, idle ones take less',
  },
  {
    name: 'memory',
    has: ({ memoryMib }) => memoryMib,
    perPhone: 512,
    why: 'MiB; half of the smallest usual phone, as Anbox Cloud over-commits by 2',
  },
  {
    name: 'fs.inotify.max_user_instances',
    has: ({ inotifyInstances }) => inotifyInstances,
    perPhone: 2.5,
    why: 'about 51 redroid phones use up 128 (redroid-doc, issue 392); sysctl -w fs.inotify.max_user_instances=8192',
  },
  {
    name: 'fs.inotify.max_user_watches',
    has: ({ inotifyWatches }) => inotifyWatches,
    perPhone: 512,
    why: 'FileObservers of system_server and media storage; sysctl -w fs.inotify.max_user_watches=524288',
  },
  {
    name: 'kernel.pid_max',
    has: ({ pids }) => pids,
    perPhone: 1_024,
    why: 'threads of an idle Android; sysctl -w kernel.pid_max=4194304',
  },
  {
    name: 'fs.file-max',
    has: ({ openFiles }) => openFiles,
    perPhone: 8_192,
    why: 'open files of an Android’s processes; sysctl -w fs.file-max=9223372036854775807',
  },
  {
    name: 'open files of container-svc',
    has: ({ ownFiles }) => ownFiles,
    perPhone: 16,
    why: 'locks, the shim’s socket, programs under way; LimitNOFILE= of its unit',
  },
  {
    name: 'loop devices',
    has: ({ loopDevices }) => (loopDevices > 0 ? Infinity : 0),
    perPhone: 1,
    why: 'one to an image, however many phones it has; modprobe loop, or losetup -l and detach some',
  },
  {
    name: 'binder nodes',
    has: ({ binderSets }) => binderSets,
    perPhone: 1,
    why: 'three to a phone, made when binder_linux was loaded; more devices=, or a kernel with CONFIG_ANDROID_BINDERFS',
  },
  {
    name: 'ANCLOUD_MAX_PHONES or the subnet',
    has: ({ configured }) => configured,
    perPhone: 1,
    why: 'as set, or one address to a phone of ANCLOUD_SUBNET',
  },
];

/** Every limit, the tightest first. */
export function capacityLimits(host: HostResources): readonly CapacityLimit[] {
  return rules
    .map(({ name, has, perPhone, why }) => {
      const value = has(host);
      return { name, has: value, perPhone, phones: Math.max(0, Math.floor(value / perPhone)), why };
    })
    .toSorted((a, b) => (a.phones < b.phones ? -1 : a.phones > b.phones ? 1 : 0));
}
