import { AppError, type Clock, type Exec, type Log } from '@ancloud/kit';
import type { Subnet } from '../core/addresses.js';
import type { Identity, Observed } from '../core/observed.js';
import type { Way } from '../core/runnable.js';
import type { Target } from '../core/target.js';
import type { CgroupHost } from '../io/cgroups.js';
import type { Crun } from '../io/crun.js';
import type { Dnsmasq } from '../io/dnsmasq.js';
import type { Faults } from '../io/faults.js';
import type { HostKernel } from '../io/host-kernel.js';
import type { ImageStore } from '../io/image-store.js';
import type { Lxcfs } from '../io/lxcfs.js';
import type { Paths } from '../io/paths.js';
import type { PhoneDisks } from '../io/phone-disk.js';
import type { PhoneNetwork } from '../io/phone-network.js';
import type { SnapshotStore } from '../io/snapshot-store.js';
import type { PhoneStorage } from '../io/storage.js';
import type { SnapshotTaker } from '../io/take-snapshot.js';
import type { TargetStore } from '../io/target-store.js';

/** The parts of the host that steps act with. */
export interface ExecutorOptions {
  readonly paths: Paths;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: Faults;
  readonly images: ImageStore;
  readonly snapshots: SnapshotStore;
  readonly taker: SnapshotTaker;
  readonly storage: PhoneStorage;
  readonly disks: PhoneDisks;
  readonly targets: TargetStore;
  readonly network: PhoneNetwork;
  readonly dnsmasq: Dnsmasq;
  readonly crun: Crun;
  readonly kernel: HostKernel;
  readonly lxcfs: Lxcfs;
  readonly cgroups: CgroupHost;
  readonly cgroupOf: (phone: string) => string;
  readonly subnet: Subnet;
  readonly hostcapBin: string;
  /** Text of session-svc's public key; undefined when there is none (yet). */
  readonly adbKey: () => string | undefined;
}

/** What one step is done to and with. */
export interface StepContext {
  readonly phone: string;
  readonly target: Target;
  readonly observed: Observed;
  /** How to run it; undefined when the wish cannot be run (then only steps downwards are asked for). */
  readonly way: Way | undefined;
  /** When the wish was accepted, on both clocks. */
  readonly accepted: { readonly atMs: number; readonly bootMs: number };
  readonly lockFd: number;
}

/** Errors: INVALID_STATE when there is none (the plan asks for no such step then). */
export function identityOf({ phone, observed }: StepContext, doing: string): Identity {
  if (observed.identity !== undefined) return observed.identity;
  throw new AppError('INVALID_STATE', `${doing} ${phone}: nothing says whose its data is`);
}
