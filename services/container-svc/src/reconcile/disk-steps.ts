import fs from 'node:fs';
import type { Identity } from '../core/observed.js';
import type { StepArgs } from '../core/steps.js';
import { type ExecutorOptions, identityOf, type StepContext } from './step-context.js';

/** What identity.json says of the disk that a wish asks for; 0 = none. */
export function diskOf(diskMib: number): Pick<Identity, 'diskMib'> {
  return diskMib === 0 ? {} : { diskMib };
}

/** The run directory may not be there yet: a snapshot is taken of a phone without a boot. */
export async function mountDisk(
  { paths, storage }: ExecutorOptions,
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { phone, lockFd } = context;
  const identity = identityOf(context, 'mounting the disk of');
  const { root } = paths.run(phone);
  fs.mkdirSync(root, { recursive: true });
  fs.chmodSync(root, identity.userns ? 0o711 : 0o700);
  await storage.mountDisk(phone, identity, { fds: [lockFd], inside });
}

/** identity.json tells of it last: a kill before that grows it once more to the same size. */
export async function growDisk(
  { disks, storage }: ExecutorOptions,
  { diskMib }: StepArgs['growDisk'],
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { phone, lockFd } = context;
  const identity = identityOf(context, 'growing the disk of');
  await disks.grow(phone, diskMib, [lockFd], inside);
  await storage.note(phone, { ...identity, diskMib });
}
