/** SELinux of a machine. It is asked, reported, and never changed: a policy is the operator’s. */
export type SelinuxState = 'enforcing' | 'permissive' | 'disabled' | 'absent';

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** Android's three contexts (kernel CONFIG_ANDROID_BINDER_DEVICES). */
export const binderNames = ['binder', 'hwbinder', 'vndbinder'] as const;
export type BinderName = (typeof binderNames)[number];

/** What of binder a kernel has. */
export type HostBinder =
  | { readonly kind: 'none' }
  /** Every mount is an instance of its own. `major`: of its devices, given out anew at each start of the machine. */
  | { readonly kind: 'binderfs'; readonly major: number }
  /** Nodes made when the module was loaded (its parameter `devices`), three to a phone; their number is fixed. */
  | { readonly kind: 'static'; readonly sets: readonly Readonly<Record<BinderName, DeviceNumber>>[] };

/** What a machine can do for phones, as asked at container-svc's start: none of it changes while the machine runs. */
export interface HostAbilities {
  /** `process.arch`: x64, arm64. */
  readonly arch: string;
  readonly binder: HostBinder;
  /** memfd_create with F_SEAL_FUTURE_WRITE (Linux 5.1): what Android's libcutils asks for. */
  readonly memfd: boolean;
  /** /dev/ashmem: kernels before 5.18, or a module from outside. */
  readonly ashmem: boolean;
  readonly selinux: SelinuxState;
  /** socket(AF_VSOCK) succeeds: images whose seccomp filter cannot refuse it must be kept away. */
  readonly vsock: boolean;
  /** Squashfs can be mounted with shifted ids, and user namespaces can be made. */
  readonly idmap: boolean;
  /** Render nodes below /dev/dri that the operator offers (host label `ancloud.gpu`) and that exist, e.g. `renderD128`. */
  readonly renderNodes: readonly string[];
  /** CPUs that phones run on, as the kernel writes a list; undefined = wherever it likes. */
  readonly phoneCpus: string | undefined;
  /** uinput and evdev: phones may have gamepads. */
  readonly pads: boolean;
}

/** What is read to tell SELinux's state; empty text for a file that is not there. */
export interface SelinuxSigns {
  /** `enforce` of the mounted selinuxfs: `0` or `1`. */
  readonly enforce: string;
  /** /proc/filesystems */
  readonly filesystems: string;
  /** /sys/kernel/security/lsm, e.g. `lockdown,capability,selinux`. */
  readonly lsm: string;
  /** /etc/selinux/config */
  readonly config: string;
}

/** `disabled`: the machine has SELinux and does without it. `absent`: its kernel has none. */
export function selinuxState({ enforce, filesystems, lsm, config }: SelinuxSigns): SelinuxState {
  if (enforce.trim() === '1') return 'enforcing';
  if (enforce.trim() === '0') return 'permissive';
  // The kernel registers selinuxfs only when SELinux was not switched off at its start (security/selinux/selinuxfs.c).
  if (/^nodev\s+selinuxfs$/m.test(filesystems)) return 'disabled';
  if (lsm.split(',').includes('selinux') || /^SELINUX=/m.test(config)) return 'disabled';
  return 'absent';
}

/** Sets of three nodes out of the binder nodes below /dev: `binder, hwbinder, vndbinder`, then `binder1, hwbinder1, vndbinder1`, …  */
export function binderSets(
  nodes: ReadonlyMap<string, DeviceNumber>,
): Readonly<Record<BinderName, DeviceNumber>>[] {
  const sets: Readonly<Record<BinderName, DeviceNumber>>[] = [];
  for (let index = 0; ; index += 1) {
    const suffix = index === 0 ? '' : String(index);
    const [binder, hwbinder, vndbinder] = binderNames.map((name) => nodes.get(`${name}${suffix}`));
    if (binder === undefined || hwbinder === undefined || vndbinder === undefined) return sets;
    sets.push({ binder, hwbinder, vndbinder });
  }
}
