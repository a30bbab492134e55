import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Exec } from '@ancloud/kit';
import type { DeviceNumber } from '../core/host-abilities.js';
import { INPUT_GROUP, PAD_NODE, padNumbers, padPhys, type PadRecord, type PadSeen } from '../core/pad.js';
import type { RunPaths } from './paths.js';
import { readRunJson } from './run-file.js';
import { makeDevice, mount, mountFlags, smallPipe } from './syscalls.js';

const SYS_INPUT = '/sys/class/input';

/** Whether phones of this machine may have gamepads. Asking loads the module, as making one would. */
export function hasUinput(): boolean {
  try {
    fs.closeSync(fs.openSync('/dev/uinput', fs.constants.O_RDWR));
    // Without it the kernel makes no event node.
    return /^N: Number=\d+ Name=evdev\b/m.test(fs.readFileSync('/proc/bus/input/handlers', 'latin1'));
  } catch {
    return false;
  }
}

/** A file system of a few nodes. What is made in it is the group's that its folder has: nothing is ever there with another owner. */
export function mountInputFolder(folder: string, base: number): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o755 });
  const owner = `mode=2755,uid=${base},gid=${base + INPUT_GROUP}`;
  mount('tmpfs', folder, 'tmpfs', mountFlags.nosuid | mountFlags.noexec, `size=64k,nr_inodes=16,${owner}`);
}

/**
 * Makes the node in the host's own folder; what else the phone has put there by that name goes. It comes with owner and mode:
 * Android opens a node in the moment in which it hears of it, and does not try again.
 */
export function placeNode(folder: string, base: number, number: DeviceNumber): void {
  const node = path.join(folder, PAD_NODE);
  clear(node);
  makeDevice(node, 0o660, deviceOf(number));
  // Where the phone's root has taken the folder's group away.
  fs.lchownSync(node, base, base + INPUT_GROUP);
}

/** Never walks into what the phone's root has made there: it could be something else a moment later. */
function clear(node: string): void {
  try {
    fs.unlinkSync(node);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') fs.rmdirSync(node);
    else if (code !== 'ENOENT') throw error;
  }
}

/** Undefined when the boot has none. */
export function observePad(phone: string, run: RunPaths): PadSeen | undefined {
  const record = readRunJson<PadRecord>(run.pad);
  if (record === undefined) return undefined;
  return { lives: isOurs(phone, record), node: isNode(run.input, record), placedAtMs: record.placedAtMs };
}

function isOurs(phone: string, { input }: PadRecord): boolean {
  try {
    return fs.readFileSync(path.join(SYS_INPUT, input, 'phys'), 'latin1').trimEnd() === padPhys(phone);
  } catch {
    return false;
  }
}

function isNode(folder: string, { major, minor }: DeviceNumber): boolean {
  const stat = fs.lstatSync(path.join(folder, PAD_NODE), { throwIfNoEntry: false });
  return stat?.isCharacterDevice() === true && stat.rdev === deviceOf({ major, minor });
}

/** Linux's dev_t as user space sees it, of numbers that fit 12 and 20 bits. */
function deviceOf({ major, minor }: DeviceNumber): number {
  return ((minor & 0xfff00) << 12) + (major << 8) + (minor & 0xff);
}

/** Of the gamepad, in the program that `runWithPad` runs. */
export const PAD_FD = 4;

export interface PadRun {
  readonly exec: Exec;
  readonly hostcapBin: string;
  readonly phone: string;
  /** The program that holds the gamepad, as descriptor 4. */
  readonly argv: readonly string[];
  readonly lockFd: number;
  readonly timeoutMs: number;
  /** Its numbers are known, and the program has not begun. What it throws ends all. */
  readonly made: (pad: Omit<PadRecord, 'placedAtMs'>) => void;
}

/**
 * Runs a program that holds a gamepad. Between the making of the gamepad and the program's start it waits for our word, by a pipe: a
 * container-svc that is killed anywhere in here leaves a gamepad only with the program that holds it.
 * Errors: EXEC_FAILED with the words of the program or, when there is no gamepad, of ancloud-hostcap.
 */
export async function runWithPad({
  exec,
  hostcapBin,
  phone,
  argv,
  lockFd,
  timeoutMs,
  made,
}: PadRun): Promise<void> {
  const [numbers, tell] = smallPipe();
  const [wait, go] = smallPipe();
  // Started within the call: its copies of our descriptors are its own when that returns.
  const running = exec([hostcapBin, 'pad-run', padPhys(phone), ...argv], {
    fds: [lockFd, tell, wait],
    timeoutMs,
  });
  fs.closeSync(tell);
  fs.closeSync(wait);
  // Awaited below; until then nobody else is told.
  running.catch(() => undefined);
  try {
    const pad = padNumbers(await readToEnd(numbers));
    if (pad !== undefined) {
      made(pad);
      fs.writeSync(go, 'g');
    }
  } finally {
    fs.closeSync(go);
  }
  await running;
}

function readToEnd(fd: number): Promise<string> {
  return new Promise((resolve) => {
    const stream = new net.Socket({ fd, readable: true, writable: false }).setEncoding('latin1');
    let text = '';
    stream.on('data', (chunk: string) => (text += chunk));
    stream.on('error', () => undefined);
    stream.once('close', () => resolve(text));
  });
}
