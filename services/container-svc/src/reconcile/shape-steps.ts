import fs from 'node:fs';
import { AppError } from '@ancloud/kit';
import { formatIp } from '../core/addresses.js';
import { binderNames } from '../core/host-abilities.js';
import { ipConfigFile } from '../core/ip-config.js';
import type { PhoneParameters } from '../core/profiles/profile.js';
import { propertyText } from '../core/property-file.js';
import type { Way } from '../core/runnable.js';
import { firstFileIn, readIn } from '../io/image-files.js';
import { removeIpConfig, writeIpConfig } from '../io/ip-config-file.js';
import { isMounted } from '../io/mounts.js';
import { writeRunFile } from '../io/run-file.js';
import { mount, mountFlags } from '../io/syscalls.js';
import type { ExecutorOptions, StepContext } from './step-context.js';

/** Longest default.prop that is taken over; those of images have a few kB. */
const PROPERTIES_MAX = 256 * 1024;

/** Errors: INVALID_STATE when the wish cannot be run (the plan asks for no such step then). */
export function wayOf({ phone, way }: StepContext, doing: string): Way {
  if (way !== undefined) return way;
  throw new AppError('INVALID_STATE', `${doing} ${phone}: the wish cannot be run`);
}

/** What of this boot the profile's functions may know. */
export function phoneParameters(
  { subnet }: ExecutorOptions,
  { phone, observed }: StepContext,
  way: Way,
): PhoneParameters {
  return {
    phoneId: phone,
    dns: formatIp(subnet.gateway),
    image: way.image,
    sharedMemory: way.sharedMemory,
    renderNode: way.renderNode,
    startedAtNs: Math.round((observed.boot?.acceptedBootMs ?? 0) * 1e6),
  };
}

/** The mount goes to the phone's own folder; its nodes are made where they are missing and opened to all ids. */
export async function mountBinder(
  { paths, exec, hostcapBin }: ExecutorOptions,
  { phone, lockFd }: StepContext,
  inside: () => void,
): Promise<void> {
  const { binder } = paths.run(phone);
  fs.mkdirSync(binder, { recursive: true, mode: 0o755 });
  if (!isMounted(binder)) mount('binder', binder, 'binder', mountFlags.nosuid | mountFlags.noexec, 'max=64');
  inside();
  await exec([hostcapBin, 'binderfs-add', binder, ...binderNames], { fds: [lockFd] });
}

/** Which of the image's files is covered; the first of the profile's when it has none. */
export function propertyTarget(rootfs: string, way: Way): string | undefined {
  const targets = way.profile.propertyFile?.targets;
  return targets === undefined ? undefined : (firstFileIn(rootfs, targets) ?? targets[0]);
}

export function writeProperties(
  options: ExecutorOptions,
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const way = wayOf(context, 'writing the properties of');
  const file = way.profile.propertyFile;
  const run = options.paths.run(context.phone);
  const target = propertyTarget(run.rootfs, way);
  if (file === undefined || target === undefined)
    throw new AppError(
      'INVALID_STATE',
      `writing the properties of ${context.phone}: its profile has no file`,
    );
  const own = propertyText(file.properties(way.spec, phoneParameters(options, context, way)));
  const old = file.keepsOld ? (readIn(run.rootfs, target, PROPERTIES_MAX) ?? '') : '';
  fs.mkdirSync(run.bundle, { recursive: true });
  inside();
  // Comes whole or not at all: its existence says that it is written. Read by init before it has dropped anything.
  writeRunFile(run.properties, own + old, 0o644);
  return Promise.resolve();
}

export function placeIpConfig(
  { paths, network }: ExecutorOptions,
  { phone, target, observed }: StepContext,
  inside: () => void,
): Promise<void> {
  const shift = observed.boot?.userns === true ? (observed.identity?.base ?? 0) : 0;
  inside();
  const data = paths.data(phone, observed.identity);
  writeIpConfig(data, ipConfigFile(network.staticIp(target.slot)), shift);
  return Promise.resolve();
}

export function dropIpConfig(
  { paths }: ExecutorOptions,
  { phone, observed }: StepContext,
  inside: () => void,
): Promise<void> {
  inside();
  removeIpConfig(paths.data(phone, observed.identity));
  return Promise.resolve();
}
