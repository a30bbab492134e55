import type { Capability } from '../capabilities.js';
import type { BinderName, SelinuxState } from '../host-abilities.js';
import type { PropertyList } from '../property-file.js';
import type { RunSpec } from '../run-spec.js';
import type { SharedMemory } from '../shared-memory.js';

/** A device node that a phone is given when the host has it. */
export interface DeviceRule {
  /** Inside the phone. */
  readonly path: string;
  /** On the host. */
  readonly from: string;
  /** uid and gid inside the phone, as Android's ueventd.rc sets them. */
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * How a phone sees binder. `filesystem`: a binderfs of its own at /dev/binderfs, whose nodes init links to. `nodes`: single
 * nodes bound to these paths, out of a binderfs that the host mounts for the phone.
 */
export type BinderShape =
  | { readonly kind: 'filesystem' }
  | { readonly kind: 'nodes'; readonly paths: Readonly<Partial<Record<BinderName, string>>> };

/** A file of properties that covers one of the image's. */
export interface PropertyFile {
  /** The first of these that the image has is covered; without any, the first is made. */
  readonly targets: readonly string[];
  /** True: what the image's file says follows after ours, which for ro.* wins. */
  readonly keepsOld: boolean;
  readonly properties: (run: RunSpec, phone: PhoneParameters) => PropertyList;
}

/** A mount that only this family needs. */
export type ProfileMount =
  | { readonly type: 'tmpfs'; readonly at: string; readonly options: readonly string[] }
  /** An empty file, the same one for all. */
  | { readonly type: 'emptyFile'; readonly at: string }
  /** A node of the host. */
  | { readonly type: 'node'; readonly at: string; readonly from: string };

/** What an image is known for. */
export interface ImageFacts {
  /** `ro.build.version.release`, empty when the image does not say. */
  readonly androidVersion: string;
}

/**
 * How one family of images wants to be run: data, and few pure functions. A new family is a new file and one line in
 * `registry.ts`; nothing else in container-svc asks which family it has before it. docs/android-images.md tells an
 * operator of each.
 */
export interface RunProfile {
  readonly name: string;
  /** Cannot run without binder; one that can is given it where the kernel has it. */
  readonly needsBinder: boolean;
  readonly binder: BinderShape;
  /** States of the host's SELinux under which it runs. */
  readonly selinux: readonly SelinuxState[];
  /** Whether it needs memfd or ashmem at all, and whether this image can use memfd. */
  readonly needsSharedMemory: boolean;
  readonly hasMemfd: (image: ImageFacts) => boolean;
  /** Runs in a user namespace where the host can idmap its lower. */
  readonly userns: boolean;
  readonly noNewPrivileges: boolean;
  /** What init and its services use; intersected with what the host may give. Reasons: core/capability-reasons.ts. */
  readonly capabilities: readonly Capability[];
  /** Nodes beyond /dev/{null,zero,full,random,urandom,tty,ptmx}; those the host lacks are left out. */
  readonly devices: readonly DeviceRule[];
  readonly environment: (phone: PhoneParameters) => readonly string[];
  /** All words of pid 1; `parameters` are those of `bootWords`. The same stand in /proc/cmdline for every family. */
  readonly argv: (parameters: readonly string[], image: ImageFacts) => readonly string[];
  /** Parameters in the order init shall see them, `androidboot.<name>` → value. */
  readonly bootParameters: (run: RunSpec, phone: PhoneParameters) => PropertyList;
  /** Value of `androidboot.hardware`: which init.<hardware>.rc init reads. */
  readonly hardware: string;
  readonly propertyFile: PropertyFile | undefined;
  readonly mounts: readonly ProfileMount[];
  /** /sys/fs/cgroup: Android's own hierarchy is made in there where it may be. */
  readonly cgroup: 'rw' | 'ro';
  /** A static address in /data/misc/ethernet/ipconfig.txt. Others find eth0 configured, and ask DHCP, which says the same. */
  readonly ipConfig: boolean;
  /**
   * Refuses mount(2) without flags. First-stage init mounts proc, sysfs, devpts, selinuxfs and debugfs in that way, and
   * without a user namespace a second proc or sysfs is the machine's own, writable: every read-only mount that keeps
   * init.rc from the machine's sysctls would be covered by it. What init finds mounted already is enough for it.
   */
  readonly refusesBareMounts: boolean;
  /** Refused calls answered with another number than EPERM; 0 = as if done. */
  readonly callAnswers: Readonly<Record<string, number>>;
  /** The property that says that the phone is ready. */
  readonly ready: { readonly name: string; readonly value: string };
  /** Where adbd listens on eth0. */
  readonly adbPort: number;
}

export interface PhoneParameters {
  readonly phoneId: string;
  /** DNS server for the phone: the host's own address on the bridge. */
  readonly dns: string;
  readonly image: ImageFacts;
  readonly sharedMemory: SharedMemory;
  /** The render node the phone was promised, e.g. `renderD128`. */
  readonly renderNode: string | undefined;
  /** CLOCK_BOOTTIME in ns when the boot was accepted: what first-stage init would have noted. */
  readonly startedAtNs: number;
}

/** init's parameters, in order: fixed ones, the profile's, the partner's. Names come once: the partner's win over the profile's. */
export function bootWords(profile: RunProfile, run: RunSpec, phone: PhoneParameters): string[] {
  const all = new Map<string, string>([
    ['androidboot.hardware', profile.hardware],
    ['androidboot.ancloud_phone', phone.phoneId],
    ...profile.bootParameters(run, phone),
  ]);
  for (const [name, value] of run.bootProperties) all.set(name, value);
  return [...all].map(([name, value]) => `${name}=${value}`);
}

/** The leading number of a version such as `7.1.1`; undefined when there is none. */
export function androidMajor({ androidVersion }: ImageFacts): number | undefined {
  const major = Number.parseInt(androidVersion, 10);
  return Number.isNaN(major) ? undefined : major;
}
