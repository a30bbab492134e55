import type { Capability } from '../capabilities.js';
import type { RunSpec } from '../run-spec.js';

/** A device node of the host that a phone may be given. */
export interface DeviceRule {
  readonly path: string;
  readonly major: number;
  readonly minor: number;
  /** uid and gid inside the phone, as Android's ueventd.rc sets them. */
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * How one family of images wants to be run: data, and few pure functions. A new family (waydroid, anbox, stock) is a new
 * file and one line in `registry.ts`; nothing else in container-svc asks which family it has before it.
 */
export interface RunProfile {
  readonly name: string;
  /** Needs binder devices: cannot run on a kernel without them. */
  readonly needsBinder: boolean;
  /** Runs in a user namespace where the host can idmap its lower. */
  readonly userns: boolean;
  readonly noNewPrivileges: boolean;
  /** What init and its services use; intersected with what the host may give. */
  readonly capabilities: readonly Capability[];
  /** Nodes beyond /dev/{null,zero,full,random,urandom,tty,ptmx}; those the host lacks are left out. */
  readonly devices: readonly DeviceRule[];
  readonly environment: readonly string[];
  readonly init: string;
  /** Parameters in the order init shall see them, `androidboot.<name>` → value. */
  readonly bootParameters: (run: RunSpec, phone: PhoneParameters) => readonly (readonly [string, string])[];
  /** Value of `androidboot.hardware`. */
  readonly hardware: string;
  /** Where adbd listens on eth0. */
  readonly adbPort: number;
}

export interface PhoneParameters {
  readonly phoneId: string;
  /** DNS server for the phone: the host's own address on the bridge. */
  readonly dns: string;
}

/** init's words, in order: fixed ones, the profile's, the partner's. Names come once: the partner's win over the profile's. */
export function bootArguments(profile: RunProfile, run: RunSpec, phone: PhoneParameters): string[] {
  const all = new Map<string, string>([
    ['androidboot.hardware', profile.hardware],
    ['androidboot.ancloud_phone', phone.phoneId],
    ...profile.bootParameters(run, phone),
  ]);
  for (const [name, value] of run.bootProperties) all.set(name, value);
  return [...all].map(([name, value]) => `${name}=${value}`);
}
