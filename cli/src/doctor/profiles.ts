/*
 * What of a kernel each family of images needs, and how to get it. The host itself decides by what it probes
 * (container-svc, core/eligibility); this page explains to a person, also on a machine where nothing runs yet.
 */

/** What was read from the machine; texts are empty where a file cannot be read. */
export interface KernelSigns {
  /** `ID=` and `ID_LIKE=` of /etc/os-release, in that order. */
  readonly distributions: readonly string[];
  /** /proc/filesystems knows `binder`. */
  readonly binderfs: boolean;
  /** Whole sets of three static nodes below /dev. */
  readonly binderSets: number;
  /** A module binder_linux can be loaded. */
  readonly binderModule: boolean;
  /** /proc/config.gz or /boot/config-<release>. */
  readonly config: string;
  /** memfd_create with F_SEAL_FUTURE_WRITE: Linux 5.1. */
  readonly memfd: boolean;
  readonly ashmem: boolean;
  /** enforcing, permissive, disabled or absent. */
  readonly selinux: string;
  /** AF_VSOCK can be used or loaded on an x86-64 machine. */
  readonly vsock: boolean;
  /** /dev/fuse, /dev/net/tun, /dev/dma_heap/system: those that exist. */
  readonly nodes: readonly string[];
}

export interface Need {
  readonly what: string;
  /** `must`: the family does not run without. `better`: it runs with less. */
  readonly level: 'must' | 'better';
  readonly fix: string;
}

type Distribution = 'debian' | 'ubuntu' | 'fedora' | 'arch' | 'other';

/** The first of the names that is one of ours; derivatives name what they are like. */
export function distributionOf(names: readonly string[]): Distribution {
  const known: readonly Distribution[] = ['ubuntu', 'debian', 'fedora', 'arch'];
  for (const name of names) {
    const found = known.find((one) => one === name);
    if (found !== undefined) return found;
    if (name === 'rhel' || name === 'centos') return 'fedora';
  }
  return 'other';
}

const THREE = 'devices=binder,hwbinder,vndbinder';
const OPTIONS = 'CONFIG_ANDROID_BINDER_IPC and CONFIG_ANDROID_BINDERFS';

/** The kernel packages of these distributions as redroid-doc's deploy pages and the packages' own config files have them. */
const binderFix: Readonly<Record<Distribution, string>> = {
  debian: `Debian's kernels have the driver without binderfs: modprobe binder_linux ${THREE} gives one phone, ${THREE},binder1,hwbinder1,vndbinder1 two; for any number build drivers/android with CONFIG_ANDROID_BINDERFS (tools/binder-vm/build.sh does)`,
  ubuntu: `apt-get install linux-modules-extra-$(uname -r) && modprobe binder_linux ${THREE}; to keep it: echo binder_linux > /etc/modules-load.d/ancloud.conf`,
  fedora: `Fedora's own kernel has binder with binderfs: boot it (dnf install kernel), not one of your own without ${OPTIONS}`,
  arch: 'pacman -S linux-zen, and boot it: it has binder with binderfs',
  other: `use a kernel with ${OPTIONS}`,
};

const selinuxFix: Readonly<Record<Distribution, string>> = {
  debian:
    'setenforce 0, for good SELINUX=permissive in /etc/selinux/config; or selinux=0 on the kernel command line',
  ubuntu:
    'setenforce 0, for good SELINUX=permissive in /etc/selinux/config; or selinux=0 on the kernel command line',
  fedora:
    'setenforce 0, for good grubby --update-kernel ALL --args enforcing=0; off altogether with selinux=0 in its place',
  arch: 'setenforce 0; or selinux=0 on the kernel command line',
  other: 'setenforce 0; or selinux=0 on the kernel command line',
};

const dmaHeapFix: Readonly<Record<Distribution, string>> = {
  debian: 'Debian 13 has DMA-BUF heaps: use its kernel (CONFIG_DMABUF_HEAPS_SYSTEM)',
  ubuntu: 'use a kernel with CONFIG_DMABUF_HEAPS_SYSTEM',
  fedora: 'use a kernel with CONFIG_DMABUF_HEAPS_SYSTEM',
  arch: 'use a kernel with CONFIG_DMABUF_HEAPS_SYSTEM',
  other: 'use a kernel with CONFIG_DMABUF_HEAPS_SYSTEM',
};

/** Options of IPv6 that Android's netd expects (redroid-doc README). */
const ipv6Options = [
  'CONFIG_IPV6_ROUTER_PREF',
  'CONFIG_IPV6_ROUTE_INFO',
  'CONFIG_IPV6_MULTIPLE_TABLES',
  'CONFIG_IPV6_SUBTREES',
];

export const families = ['redroid', 'waydroid', 'anbox', 'stock', 'reference'] as const;
export type Family = (typeof families)[number];

/** What is missing here for a family; empty when it can run. */
export function needsOf(family: Family, signs: KernelSigns): Need[] {
  if (family === 'reference') return [];
  const distribution = distributionOf(signs.distributions);
  return [
    ...binderNeeds(signs, distribution),
    ...selinuxNeeds(family, signs, distribution),
    ...memoryNeeds(family, signs),
    ...(signs.vsock
      ? [
          {
            what: 'vsock is in reach: images with 32-bit x86 programs are refused',
            level: 'better' as const,
            fix: 'rmmod vhost_vsock vmw_vsock_virtio_transport vmw_vsock_vmci_transport vsock, and blacklist vsock in /etc/modprobe.d; or use 64-bit-only images (docs/confinement.md)',
          },
        ]
      : []),
    ...nodeNeeds(family, signs, distribution),
  ];
}

function binderNeeds(signs: KernelSigns, distribution: Distribution): Need[] {
  if (signs.binderfs) return [];
  const { binderSets } = signs;
  if (binderSets > 0)
    return [
      {
        what: `binder without binderfs: ${binderSets} ${binderSets === 1 ? 'phone' : 'phones'} at most`,
        level: 'better',
        fix: binderFix[distribution],
      },
    ];
  // The driver is there and only not loaded; whether with binderfs, its configuration tells.
  const loads = signs.binderModule && /^CONFIG_ANDROID_BINDERFS=[ym]$/m.test(signs.config);
  return [
    {
      what: loads
        ? 'binder_linux is not loaded'
        : signs.binderModule
          ? 'binder_linux is not loaded, and has no binderfs'
          : `no binder: the kernel lacks ${OPTIONS}`,
      level: 'must',
      fix: loads ? `modprobe binder_linux ${THREE}` : binderFix[distribution],
    },
  ];
}

function selinuxNeeds(family: Family, { selinux }: KernelSigns, distribution: Distribution): Need[] {
  const wrong = family === 'stock' ? ['enforcing', 'permissive'] : ['enforcing'];
  if (!wrong.includes(selinux)) return [];
  return [
    {
      what: `SELinux is ${selinux}, ${family === 'stock' ? 'and its services need it off' : 'and confines the phone by the machine’s own policy'}`,
      level: 'must',
      fix: family === 'stock' ? 'boot with selinux=0' : selinuxFix[distribution],
    },
  ];
}

function memoryNeeds(family: Family, { memfd, ashmem }: KernelSigns): Need[] {
  if (ashmem) return [];
  const ashmemFix =
    'use a kernel before 5.18 with CONFIG_ASHMEM (Ubuntu 22.04: modprobe ashmem_linux), or a module ashmem_linux from outside';
  if (family === 'anbox')
    return [{ what: 'no /dev/ashmem, which Android 7 needs', level: 'must', fix: ashmemFix }];
  if (!memfd)
    return [
      {
        what: 'neither memfd with F_SEAL_FUTURE_WRITE nor /dev/ashmem',
        level: 'must',
        fix: 'use Linux 5.1 or later',
      },
    ];
  return family === 'stock'
    ? [{ what: 'no /dev/ashmem, which images before Android 10 need', level: 'better', fix: ashmemFix }]
    : [];
}

function nodeNeeds(family: Family, { nodes, config }: KernelSigns, distribution: Distribution): Need[] {
  const needs: Need[] = [];
  const better = (what: string, fix: string): void => void needs.push({ what, level: 'better', fix });
  if (!nodes.includes('/dev/fuse')) better('no /dev/fuse: no shared storage (/sdcard)', 'modprobe fuse');
  if (!nodes.includes('/dev/net/tun')) better('no /dev/net/tun: no VPN apps', 'modprobe tun');
  if (family !== 'anbox' && !nodes.includes('/dev/dma_heap/system'))
    better('no DMA-BUF heap: 64only images have no video encoder', dmaHeapFix[distribution]);
  if (family === 'redroid' && config !== '') {
    const missing = ipv6Options.filter((name) => !new RegExp(`^${name}=y$`, 'm').test(config));
    if (missing.length > 0)
      better('IPv6 routing as Android wants it', `use a kernel with ${missing.join(', ')}`);
  }
  return needs;
}
