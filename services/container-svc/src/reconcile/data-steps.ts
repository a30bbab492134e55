import fs from 'node:fs';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { ID_COUNT } from '../core/addresses.js';
import type { Identity } from '../core/observed.js';
import type { StepArgs } from '../core/steps.js';
import { isMounted, unmountAll } from '../io/mounts.js';
import { renewIds } from '../io/renew-ids.js';
import { mount, mountFlags, syncFileSystem } from '../io/syscalls.js';
import { diskOf } from './disk-steps.js';
import { type ExecutorOptions, identityOf, type StepContext } from './step-context.js';

/** What identity.json says of data that begins from a snapshot, or from nothing. A phone's own snapshot leaves it who it is. */
export function beginning(
  { snapshots }: ExecutorOptions,
  phone: string,
  dataFrom: string,
): Pick<Identity, 'snapshotId' | 'renew'> {
  if (dataFrom === '') return {};
  const { phoneId } = snapshots.need(dataFrom, `making the data of ${phone}`);
  return phoneId === phone ? { snapshotId: dataFrom } : { snapshotId: dataFrom, renew: true };
}

export function wipeData(
  options: ExecutorOptions,
  { resets, dataFrom, diskMib }: StepArgs['wipeData'],
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { phone, lockFd } = context;
  const { snapshotId: _, renew: __, diskMib: ___, ...kept } = identityOf(context, 'wiping the data of');
  const identity = { ...kept, resets, ...beginning(options, phone, dataFrom), ...diskOf(diskMib) };
  return options.storage.wipe(phone, identity, { fds: [lockFd], inside });
}

/**
 * The overlay whose upper is the phone's own data directory. `redirect_dir`: without it a directory of the snapshot could not
 * be renamed (EXDEV). `xino`: one st_dev for all of /data, as on a disk of its own.
 */
export async function mountData(
  { paths, snapshots, exec, hostcapBin }: ExecutorOptions,
  _: object,
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { phone, lockFd } = context;
  const identity = identityOf(context, 'mounting the data of');
  const { snapshotId, userns, base } = identity;
  if (snapshotId === undefined) return;
  const run = paths.run(phone);
  const { data: upper, dataWork: work } = paths.files(phone, identity);
  fs.mkdirSync(run.root, { recursive: true });
  fs.chmodSync(run.root, userns ? 0o711 : 0o700);
  fs.mkdirSync(work, { recursive: true, mode: 0o700 });
  await snapshots.mounted(snapshotId, [lockFd], async (shared) => {
    if (userns && !isMounted(run.dataLower)) {
      fs.mkdirSync(run.dataLower, { recursive: true });
      const argv = [hostcapBin, 'idmap-mount', shared, run.dataLower, String(base), String(ID_COUNT)];
      await exec(argv, { fds: [lockFd] });
    }
    inside();
    fs.mkdirSync(run.data, { recursive: true });
    const lower = userns ? run.dataLower : shared;
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},redirect_dir=on,xino=on`;
    mount('overlay', run.data, 'overlay', mountFlags.nosuid | mountFlags.nodev, options);
  });
}

export async function unmountData(
  { paths, snapshots }: ExecutorOptions,
  _: object,
  { phone }: StepContext,
  inside: () => void,
): Promise<void> {
  const { data, dataLower } = paths.run(phone);
  unmountAll(data);
  inside();
  unmountAll(dataLower);
  for (const target of [data, dataLower]) fs.rmSync(target, { recursive: true, force: true });
  await snapshots.release();
}

export async function renewPhoneIds(
  { paths, storage }: ExecutorOptions,
  _: object,
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { renew: __, ...identity } = identityOf(context, 'renewing the ids of');
  const data = paths.data(context.phone, identity);
  renewIds(data);
  inside();
  // The data may lie on the phone's own disk: what identity.json tells of must be there as long as that is.
  await syncFileSystem(data);
  await storage.note(context.phone, identity);
}

/** identity.json tells of it last: a kill before that finds the snapshot in the store, and does not take it again. */
export async function takeSnapshot(
  options: ExecutorOptions,
  { snapshotId, as }: StepArgs['takeSnapshot'],
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { paths, storage, taker, images, clock } = options;
  const { phone, target } = context;
  const identity = identityOf(context, 'keeping the data of');
  const { owner, name } = target.desired;
  const { imageId } = identity;
  await taker.take({
    data: paths.data(phone, identity),
    shift: identity.userns ? identity.base : 0,
    snapshot: {
      snapshotId,
      owner,
      name: as === '' ? name : as,
      phoneId: phone,
      imageId,
      profile: images.get(imageId)?.profile ?? Profile.PROFILE_UNSPECIFIED,
      createdAtMs: clock.now(),
    },
    inside,
  });
  await storage.note(phone, { ...identity, taken: snapshotId });
}
