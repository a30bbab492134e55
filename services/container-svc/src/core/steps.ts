import type { Overdue } from './boot-progress.js';
import type { LimitChange } from './cgroup-limits.js';
import type { Ending, StopReason } from './exit.js';
import type { LxcfsView } from './lxcfs.js';
import type { PublicPort } from './public-ports.js';
import type { BootShape } from './observed.js';

/** A step that is told nothing but its name. */
type NoArguments = object;

/**
 * Everything container-svc does to a phone, by name, with what it is told. A step may be run twice, may be killed
 * anywhere, and assumes only what the plan has observed: that is written beside each. `reconcile/executors.ts` maps every
 * name to its executor; a step without one does not compile.
 */
export interface StepArgs {
  /**
   * Makes data, upper, work (or a disk of `diskMib` for them), log and identity.json on the state disk. `dataFrom`: a snapshot
   * that is here, or empty. No disk of the phone is mounted.
   */
  makeStorage: {
    readonly base: number;
    readonly userns: boolean;
    readonly dataFrom: string;
    readonly diskMib: number;
  };
  /** Empties the root's upper, which belongs to the image it was made over. The root is not mounted, a disk of the phone's own is. */
  resetUpper: { readonly imageId: string; readonly userns: boolean };
  /**
   * Factory reset, or restore to a snapshot: data, upper and work are emptied and seen to be empty, on a new disk where one is
   * wished for; id and ids of files stay. Neither root nor data nor the phone's disk is mounted.
   */
  wipeData: { readonly resets: number; readonly dataFrom: string; readonly diskMib: number };
  /** Loop-mounts the phone's own disk, and makes the folders on it that are missing. */
  mountDisk: NoArguments;
  /** Unmounts it, and sees its loop device gone. Nothing stands on it. */
  unmountDisk: NoArguments;
  /** Makes the phone's own disk larger: mounted, as it is used; else with nothing on it. */
  growDisk: { readonly diskMib: number };
  /** Data over its snapshot: the snapshot's loop mount (shared), its double with the phone's ids, the overlay. */
  mountData: NoArguments;
  /** Undoes mountData, and the loop mounts of snapshots on which nobody stands. */
  unmountData: NoArguments;
  /** Renews what tells a clone from its origin: android_id, the keys that adb trusts. Its data is mounted. */
  renewIds: NoArguments;
  /** Packs the data into the snapshot store. The phone is stopped or frozen; data that lies on a snapshot is mounted. */
  takeSnapshot: { readonly snapshotId: string; readonly as: string };
  /** Opens a boot: run directory, boot.json. Nothing of an earlier boot is left. */
  openBoot: {
    readonly fingerprint: string;
    readonly imageId: string;
    readonly userns: boolean;
    readonly shape: BootShape;
    readonly reboots: number;
  };
  /** Loop-mounts the image's squashfs, shared by all phones that use it. */
  mountImage: { readonly imageId: string };
  /** Mounts the image once more with the phone's ids. The image is mounted. */
  mountLower: { readonly imageId: string; readonly base: number };
  /** Mounts the overlay. The lower is mounted. */
  mountRoot: { readonly imageId: string; readonly userns: boolean };
  /** A binderfs of the phone's own with its nodes open to all, of which single ones are bound. */
  mountBinder: NoArguments;
  /** The folder that the phone has as /dev/input, empty, of the phone's root. */
  mountInput: NoArguments;
  /** The profile's property file, the image's own lines behind it where they stay. The root is mounted. */
  writeProperties: NoArguments;
  /** /data/misc/ethernet/ipconfig.txt with the phone's address. The storage is made. */
  writeIpConfig: NoArguments;
  /** Writes config.json and the private files, and session-svc's adb key into the data. The root is mounted. */
  writeBundle: NoArguments;
  /** phone-shim, which holds the phone's gamepad where it has one, and `crun create`. The bundle is written, no container of this name exists. */
  createContainer: NoArguments;
  /** The phone's cable and its addresses; the port on the bridge stays down. pid 1 exists. */
  attachNetwork: { readonly pid: number };
  /** Anti-spoofing, DHCP host, then the port is set up. The cable is plugged, init may run. */
  openNetwork: NoArguments;
  /** What `crun start` does: lets init go. The cable is plugged. */
  startContainer: NoArguments;
  /** Writes limits into the cgroup of the running phone, and reads them back. */
  setLimits: { readonly changes: readonly LimitChange[] };
  /** Replaces the rate of the phone's cable and where it leads to. The network is attached. */
  setEgress: { readonly kbit: number; readonly allow: readonly string[] };
  /** Replaces the ports of the host that lead to the phone. The network is attached. */
  setPorts: { readonly ports: readonly PublicPort[] };
  /** Puts the files of the host's lxcfs over the phone's, or takes a dead one's away. pid 1 runs, maybe frozen. */
  setView: { readonly view: LxcfsView | undefined; readonly pid: number };
  /** The gamepad's node, which the phone has deleted. Its folder is mounted, the gamepad lives. */
  placePad: NoArguments;
  /** Freezes all processes of the phone, and sees them frozen. It is ready. */
  pauseContainer: NoArguments;
  /** Thaws them. */
  resumeContainer: NoArguments;
  /** A new shim for a phone whose shim was killed. */
  adoptShim: { readonly pid: number; readonly startTime: number };
  /** `sys.powerctl`: init ends its services and itself. Remembers when it asked, and why. */
  askShutdown: { readonly because: StopReason };
  /** SIGKILL for pid 1; the kernel kills the rest of its pid namespace. */
  killContainer: { readonly because: StopReason; readonly pid: number; readonly late?: Overdue };
  /** `crun delete`, then what crun may have left: processes, cgroups, its own directory. pid 1 is gone. */
  deleteContainer: NoArguments;
  /** veth, its anti-spoofing chain, ports of the host that lead to it, its DHCP host and lease. */
  detachNetwork: NoArguments;
  unmountRoot: NoArguments;
  unmountLower: NoArguments;
  unmountBinder: NoArguments;
  unmountInput: NoArguments;
  removeIpConfig: NoArguments;
  /** Unmounts an image that no phone uses, and sees its loop device gone. */
  unmountImage: { readonly imageId: string };
  /** boot.json → last.json: the boot is over, nothing of it is left. */
  closeBoot: { readonly ending: Ending };
  removeRunDir: NoArguments;
  /** Data, upper, log: gone for good. */
  removeStorage: NoArguments;
  /** Writes the host's own tombstone, then removes the target. The last step of a phone. */
  buryTarget: NoArguments;
}

export type StepName = keyof StepArgs;

/** A step as a value: can be printed, compared, tested. */
export type Step = { readonly [Name in StepName]: { readonly name: Name } & StepArgs[Name] }[StepName];

/**
 * Names for `--list-steps` and fault injection. `saveTarget` happens before any plan is made, `removeSnapshot` is no phone's.
 */
export const stepNames: readonly (StepName | 'saveTarget' | 'removeSnapshot')[] = [
  'saveTarget',
  'removeSnapshot',
  'makeStorage',
  'resetUpper',
  'wipeData',
  'mountDisk',
  'unmountDisk',
  'growDisk',
  'mountData',
  'unmountData',
  'renewIds',
  'takeSnapshot',
  'openBoot',
  'mountImage',
  'mountLower',
  'mountRoot',
  'mountBinder',
  'mountInput',
  'writeProperties',
  'writeIpConfig',
  'writeBundle',
  'createContainer',
  'attachNetwork',
  'openNetwork',
  'startContainer',
  'setLimits',
  'setEgress',
  'setPorts',
  'setView',
  'placePad',
  'pauseContainer',
  'resumeContainer',
  'adoptShim',
  'askShutdown',
  'killContainer',
  'deleteContainer',
  'detachNetwork',
  'unmountRoot',
  'unmountLower',
  'unmountBinder',
  'unmountInput',
  'removeIpConfig',
  'unmountImage',
  'closeBoot',
  'removeRunDir',
  'removeStorage',
  'buryTarget',
];

/** Steps whose failure is why a boot never came to life. */
export const creating: ReadonlySet<StepName> = new Set([
  'createContainer',
  'attachNetwork',
  'startContainer',
]);

/** Steps whose failure leaves the phone in the stage that it is in. */
export const onTheSide: ReadonlySet<StepName> = new Set([
  'setLimits',
  'setEgress',
  'setPorts',
  'setView',
  'placePad',
  'growDisk',
  'takeSnapshot',
]);
