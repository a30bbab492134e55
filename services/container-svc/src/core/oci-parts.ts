import type { Capability } from './capabilities.js';
import type { DeviceNumber, HostBinder } from './host-abilities.js';
import type { LxcfsView } from './lxcfs.js';
import type { PhoneParameters } from './profiles/profile.js';

/** What of the host goes into a configuration. */
export interface OciHost {
  /** `process.arch`: x64, arm64. */
  readonly arch: string;
  /** CapBnd: a capability outside makes crun fail. */
  readonly capabilities: ReadonlySet<Capability>;
  /** Hard limit of open files; a higher one makes crun fail. */
  readonly nofileHard: number;
  readonly binder: HostBinder;
  /** Device nodes that exist, by their path on the host. */
  readonly devices: ReadonlyMap<string, DeviceNumber>;
  /** Those of `securitySysctls` that exist. */
  readonly sysctls: readonly string[];
}

/** Files and names made for this phone's boot. All paths are absolute on the host. */
export interface OciPhone extends PhoneParameters {
  readonly rootfs: string;
  readonly data: string;
  readonly kmsg: string;
  readonly cmdline: string;
  /** Directory with one file per entry of `OciHost.sysctls`, named by its last part. */
  readonly sysctlDir: string;
  /** A file without content. */
  readonly emptyFile: string;
  /** The phone's binderfs as the host mounted it, for profiles that are given single nodes. */
  readonly binderDir: string;
  /** What it has as /dev/input; undefined when it has no gamepad. */
  readonly inputDir: string | undefined;
  /** Which of the host's static binder nodes are this phone's. */
  readonly binderSet: number;
  /** The profile's property file and what it covers. */
  readonly propertyFile: { readonly source: string; readonly target: string } | undefined;
  /** The host's lxcfs. */
  readonly view: LxcfsView | undefined;
  readonly cgroup: string;
  /** Set when the phone has a user namespace. */
  readonly base: number | undefined;
  readonly has32Bit: boolean;
}

export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}
