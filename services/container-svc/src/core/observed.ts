import type { LimitReadings } from './cgroup-limits.js';
import type { Overdue, Progress } from './boot-progress.js';
import type { DiskUse } from './disk.js';
import type { Egress } from './egress.js';
import type { PadSeen } from './pad.js';
import type { PublicPort } from './public-ports.js';
import type { Ending, ExitRecord, StopReason } from './exit.js';

/** identity.json beside the data: what the data on this disk can only be used with. */
export interface Identity {
  /** First host id of the phone's ids. File capabilities in the upper store it: it belongs to the data for ever. */
  readonly base: number;
  /** Whether data and upper are owned by shifted ids. */
  readonly userns: boolean;
  /** The image the upper was made over. */
  readonly imageId: string;
  /** Factory resets and restores this data has seen; absent in files of 0.1, which knew none. */
  readonly resets?: number;
  /** The snapshot that the data lies on, as an overlay; absent = the data is a directory of its own. */
  readonly snapshotId?: string;
  /** That snapshot was taken of another phone, and android_id and adb keys are still that one's. */
  readonly renew?: boolean;
  /** The last snapshot that was taken of this data. */
  readonly taken?: string;
  /** Size of the disk that data and upper lie on, MiB; absent = they are folders of the state disk. */
  readonly diskMib?: number;
}

/** What a boot needs beyond what every phone has (core/profiles): each is made and taken away by steps of its own. */
export interface BootShape {
  /** A binderfs that the host mounts for the phone, of which single nodes are bound. */
  readonly binderNodes: boolean;
  /** A property file over one of the image's. */
  readonly propertyFile: boolean;
  /** ipconfig.txt in the data. */
  readonly ipConfig: boolean;
  /** A gamepad in /dev/input; absent = none, as in files of older ones. */
  readonly pad?: boolean;
}

/** boot.json in the run directory: exists from openBoot to closeBoot. */
export interface Boot {
  readonly bootId: string;
  readonly fingerprint: string;
  readonly imageId: string;
  readonly userns: boolean;
  /** Revision this boot answers: tells a first start from a restart. */
  readonly revision: number;
  /** CLOCK_BOOTTIME in ms when the wish was accepted, and Unix time of the same moment. */
  readonly acceptedAtMs: number;
  readonly acceptedBootMs: number;
  /** Absent in files of 0.1, whose profiles needed none of it. */
  readonly shape?: BootShape;
  /** Reboots that had been asked for when this boot began; absent in files of 0.1, which knew none. */
  readonly reboots?: number;
}

/** last.json: how the boot before ended. */
export interface LastBoot {
  readonly bootId: string;
  readonly ending: Ending;
  /** Which limit it passed, when it was ended for that. */
  readonly late?: Overdue;
  /** The service for which init gave up, by its own words; not set for endings that were asked for. */
  readonly critical?: string;
  readonly revision: number;
  readonly exit?: ExitRecord;
  readonly message: string;
}

/** stop.json: that and why the open boot is being ended. */
export interface StopRecord {
  readonly because: StopReason;
  readonly atMs: number;
  readonly late?: Overdue;
}

/**
 * How far a phone's cable is. `plugged`: it leads from an isolated port of the bridge into the phone; `attached`: the port is guarded
 * and up. `partial`: something is there that is neither.
 */
export type Cable = 'none' | 'partial' | 'plugged' | 'attached';

/** What the kernel and the disk say about one phone. Nobody writes this: it is read anew before each step. */
export interface Observed {
  /** `partial`: some of data, upper, work (or the disk that holds them), log, identity.json is missing. */
  readonly storage: 'none' | 'partial' | 'ready';
  readonly identity: Identity | undefined;
  readonly runDir: boolean;
  /** Path of the phone's door; empty when its shim has none, as an older one's. */
  readonly door: string;
  readonly boot: Boot | undefined;
  readonly last: LastBoot | undefined;
  /** The image of the open boot; without one, of the target. */
  readonly image: {
    /** In the store. */
    readonly present: boolean;
    readonly mounted: boolean;
    /** Mounts of other phones that stand on it. */
    readonly users: number;
  };
  readonly lower: boolean;
  readonly root: boolean;
  /** Data that lies on a snapshot; `partial` = its lower is mounted, the overlay is not. */
  readonly data: 'none' | 'partial' | 'mounted';
  /** The phone's own disk while it is mounted. */
  readonly disk: DiskUse | undefined;
  /**
   * The phone's binderfs, as the host mounted it: `closed` while a node is missing or for root alone, since mounting and opening
   * are two calls and a kill may come between.
   */
  readonly binder: 'none' | 'closed' | 'open';
  /** The folder that the phone has as /dev/input is mounted. */
  readonly input: boolean;
  /** The gamepad of a running container; undefined when none runs or the boot has none. */
  readonly pad: PadSeen | undefined;
  /** The property file that is bound over the image's. */
  readonly propertyFile: boolean;
  /** ipconfig.txt in the data: as this phone's address asks, another one, or none. */
  readonly ipConfig: 'none' | 'other' | 'written';
  readonly bundle: boolean;
  readonly container: Container;
  readonly network: Cable;
  readonly progress: Progress;
  /** Of the cgroup of a running container; undefined when none runs. */
  readonly limits: LimitReadings | undefined;
  /** What a running container may send; undefined when none runs or nothing guards its port. */
  readonly egress: Egress | undefined;
  /** Ports of the host that lead to a running container; undefined when none runs. */
  readonly ports: readonly PublicPort[] | undefined;
  /** Which lxcfs the phone's view of its memory and CPUs is of (`markOf`); empty = it sees the host's. */
  readonly view: string;
  /** Unix ms at which init was let go; undefined before. */
  readonly startedAtMs: number | undefined;
  /** Set by askShutdown and killContainer. */
  readonly stop: StopRecord | undefined;
}

/** What the freezer of a phone's cgroup says: `freezing` = asked for, and some process runs on yet. */
export type FreezerState = 'thawed' | 'freezing' | 'frozen';

export type Container =
  /** No process, no cgroup, no entry of crun. */
  | { readonly kind: 'none' }
  /** pid 1 exists and waits for `crun start`. */
  | { readonly kind: 'created'; readonly pid: number; readonly startTime: number; readonly shim: boolean }
  | {
      readonly kind: 'running';
      readonly pid: number;
      readonly startTime: number;
      readonly shim: boolean;
      readonly freezer: FreezerState;
    }
  /** pid 1 is gone, or never was; a cgroup, crun's entry or stray processes are left. `lived`: pid 1 had been let go. */
  | { readonly kind: 'debris'; readonly lived: boolean; readonly exit: ExitRecord | undefined }
  /** All is gone, only the shim's records tell of it. */
  | { readonly kind: 'ended'; readonly lived: boolean; readonly exit: ExitRecord | undefined };
