import type { DeviceNumber } from './host-abilities.js';
import type { Observed } from './observed.js';
import type { OciConfig } from './oci-config.js';
import type { OciMount } from './oci-parts.js';
import type { Decision, StageName } from './plan.js';

/** Where Android looks for it (AOSP EventHub.cpp, DEVICE_INPUT_PATH). */
export const INPUT_FOLDER = '/dev/input';
export const PAD_NODE = 'event0';
/** AID_INPUT of android_filesystem_config.h: what system_server and adb's shell are members of. */
export const INPUT_GROUP = 1_004;

/** A phone that deletes its node again and again is given another so often. */
const AGAIN_MS = 1_000;
/** How often a phone is asked whether its node is there: nothing tells. */
const LOOK_MS = 5_000;

/** pad.json: the gamepad of this boot, as the kernel numbered it. */
export interface PadRecord extends DeviceNumber {
  /** Its name below /sys/class/input. */
  readonly input: string;
  /** Unix ms at which its node was made last. */
  readonly placedAtMs: number;
}

/** The gamepad of a running phone. */
export interface PadSeen {
  /** The kernel has it: it lives as long as the phone's shim. */
  readonly lives: boolean;
  /** Its node is where the phone looks for it. */
  readonly node: boolean;
  readonly placedAtMs: number;
}

/** By this a gamepad is known to the kernel's user space: `phys` of the input device. */
export const padPhys = (phone: string): string => `ancloud/${phone}`;

/**
 * The folder is the host's own file system, bound whole: what the host makes in it is there in the phone, by inotify like a plugged
 * device, and no path of the phone's is ever walked. It also works in a user namespace, where a node that is made in the phone's
 * /dev could not be opened.
 */
export const inputMount = (source: string): OciMount => ({
  destination: INPUT_FOLDER,
  type: 'bind',
  source,
  options: ['bind', 'nosuid', 'noexec', 'rw'],
});

/**
 * The configuration with this one gamepad permitted: to be opened. Nodes of any number can be made where there is no user namespace,
 * by a rule of crun's own, and lead nowhere.
 */
export function permitPad(config: OciConfig, { major, minor }: DeviceNumber): OciConfig {
  const resources = config.linux['resources'] as { readonly devices: readonly object[] };
  const rule = { allow: true, type: 'c', major, minor, access: 'rw' };
  // A create that was killed may have left one of a gamepad that is gone.
  const others = resources.devices.filter((one) => !('access' in one && one.access === 'rw'));
  return {
    ...config,
    linux: { ...config.linux, resources: { ...resources, devices: [...others, rule] } },
  };
}

/** What `ancloud-hostcap pad-run` tells: `13 64 input12`. */
export function padNumbers(told: string): (DeviceNumber & Pick<PadRecord, 'input'>) | undefined {
  const [, major, minor, input] = /^(\d+) (\d+) (input\d+)\n$/.exec(told) ?? [];
  if (input === undefined) return undefined;
  return { major: Number(major), minor: Number(minor), input };
}

/** A node that the phone has deleted comes back. Undefined for a phone that has no gamepad, or whose gamepad is gone for good. */
export function planPad(stage: StageName, { pad }: Observed, nowMs: number): Decision | undefined {
  if (pad === undefined || !pad.lives) return undefined;
  const left = pad.placedAtMs + AGAIN_MS - nowMs;
  // A clock that was set back must not keep the node away.
  const soon = left > 0 && left <= AGAIN_MS;
  if (pad.node || soon)
    return { kind: 'wait', stage, reason: '', message: '', recheckMs: pad.node ? LOOK_MS : left };
  return { kind: 'step', stage, step: { name: 'placePad' } };
}
