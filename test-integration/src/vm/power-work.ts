import fs from 'node:fs';
import path from 'node:path';
import { Limits, Profile } from '@ancloud/contracts/common/v1/common';
import { WriteUploadRequest } from '@ancloud/contracts/container/v1/container';
import type { LoneHost } from '../faults/lone-host.js';

/** What is so of a host, by the name of the thing: `phone ph_a` → `running 300`. Absent = it does not exist. */
export type Facts = Map<string, string>;

/** Something that is asked of a host. When its call has returned, what it changes must outlast a power cut. */
export interface Deed {
  readonly name: string;
  readonly change: (facts: Facts) => unknown;
  readonly run: (host: LoneHost, folder: string) => Promise<unknown>;
}

export const IMAGE = 'reference.sqfs';
/** A folder, which readers and mksquashfs make an image of. */
export const TREE = 'tree';
const DISK_MIB = 64;
/** What the disk grows to: with more there would be too little left of the machine's own. */
const GROWN_MIB = 72;
const SNAPSHOT = 'sn_kept';

async function imageOf(host: LoneHost, name: string): Promise<string> {
  const found = (await host.phones.hostFacts({})).images.find((image) => image.name === name);
  if (found === undefined) throw new Error(`there is no image ${name}`);
  return found.imageId;
}

const take = (name: string): Deed => ({
  name: `import ${name}`,
  change: (facts) => facts.set(`image ${name}`, 'whole'),
  run: (host, folder) => host.import(path.join(folder, name), Profile.PROFILE_REFERENCE),
});

const drop = (name: string): Deed => ({
  name: `remove the image ${name}`,
  change: (facts) => facts.delete(`image ${name}`),
  run: async (host) => host.phones.removeImage({ imageId: await imageOf(host, name) }),
});

/** Started, or run under another limit: it tells the wishes apart. */
const start = (phone: string, pids: number, diskMib = 0): Deed => ({
  name: `run ${phone} with ${pids} pids`,
  change: (facts) => facts.set(`phone ${phone}`, `running ${pids}`),
  run: async (host) =>
    host.run(phone, { imageId: await imageOf(host, IMAGE), limits: Limits.fromPartial({ pids, diskMib }) }),
});

/** Where Android keeps the key of apps' ids: a clone must not have its origin's. */
export const IDS = '/data/system/users/0/settings_ssaid.xml';

export const markOf = (phone: string, text: string): string => `${phone}: mark-${text}`;

/** By the phone itself, which waits for its own fsync. */
const write = (phone: string, text: string): Deed => ({
  name: `${phone} writes ${text}`,
  change: (facts) => facts.set(markOf(phone, text), 'whole'),
  run: (host) => {
    const script = `echo ${text} | dd of=/data/mark-${text} conv=fsync`;
    return Promise.resolve(host.inside(phone, '/system/bin/sh', '-c', script));
  },
});

/** The machine has CAP_SYS_RESOURCE, as hosts in containers have not: its ext4 grows under the phone. */
async function grow(host: LoneHost): Promise<void> {
  const look = async (): Promise<{ bootId: string; blocks: number }> => ({
    bootId: (await host.phones.getPhone({ phoneId: 'ph_b' })).bootId,
    blocks: fs.statfsSync(`${host.place.run}/phones/ph_b/disk`).blocks,
  });
  const before = await look();
  const limits = Limits.fromPartial({ pids: 401, diskMib: GROWN_MIB });
  await host.run('ph_b', { imageId: await imageOf(host, IMAGE), limits });
  const after = await look();
  if (after.bootId !== before.bootId || after.blocks <= before.blocks)
    throw new Error(`the disk did not grow: ${JSON.stringify({ before, after })}`);
}

function forget(facts: Facts, phone: string): void {
  for (const key of facts.keys()) if (key.startsWith(`${phone}: `)) facts.delete(key);
}

const UPLOAD = Buffer.from(Array.from({ length: 96 * 1024 }, (_, index) => (index * 7) % 251));
const upload = (to: number): Deed => ({
  name: `upload to byte ${to}`,
  change: (facts) => facts.set('upload', `${to} whole`),
  run: async (host) => {
    const [known] = (await host.phones.listUploads({})).uploads;
    const { uploadId, offset } =
      known ?? (await host.phones.createUpload({ name: 'a file', size: UPLOAD.length, sha256: '' }));
    if (to === offset) return;
    const { call, response } = host.phones.writeUpload();
    call.write(WriteUploadRequest.fromPartial({ input: { $case: 'start', value: { uploadId, offset } } }));
    call.write({ input: { $case: 'data', value: UPLOAD.subarray(offset, to) } });
    call.end();
    await response;
  },
});

/** What of an upload's file is as it was sent. */
export function uploaded(file: string): string {
  const found = fs.readFileSync(file);
  return `${found.length} ${found.equals(UPLOAD.subarray(0, found.length)) ? 'whole' : 'torn'}`;
}

const FIRST: readonly Deed[] = [
  take(IMAGE),
  start('ph_a', 300),
  write('ph_a', 'one'),
  {
    name: 'ph_a becomes somebody',
    change: () => {},
    run: (host) => {
      const script = `mkdir -p $(dirname ${IDS}) && echo key | dd of=${IDS} conv=fsync`;
      return Promise.resolve(host.inside('ph_a', '/system/bin/sh', '-c', script));
    },
  },
  start('ph_a', 301),
  start('ph_a', 302),
  {
    name: 'stop ph_a',
    change: (facts) => facts.set('phone ph_a', 'stopped 302'),
    run: (host) => host.local.stopContainer({ phoneId: 'ph_a', remove: false }),
  },
  {
    name: 'keep a snapshot of ph_a',
    change: (facts) => facts.set(`snapshot ${SNAPSHOT}`, 'whole'),
    run: (host) => host.local.snapshotContainer({ phoneId: 'ph_a', snapshotId: SNAPSHOT, name: '' }),
  },
  {
    name: 'clone ph_b onto a disk of its own',
    change: (facts) => {
      facts.set('phone ph_b', 'running 400').set(markOf('ph_b', 'one'), 'whole');
      facts.set('disk of ph_b', `${DISK_MIB} MiB`);
    },
    run: async (host) => {
      const limits = Limits.fromPartial({ pids: 400, diskMib: DISK_MIB });
      await host.run('ph_b', { imageId: await imageOf(host, IMAGE), limits }, SNAPSHOT);
    },
  },
  write('ph_b', 'two'),
  {
    name: 'grow the disk of ph_b as it runs',
    change: (facts) => facts.set('phone ph_b', 'running 401').set('disk of ph_b', `${GROWN_MIB} MiB`),
    run: grow,
  },
  upload(0),
  upload(40_000),
  {
    name: 'remove ph_a',
    change: (facts) => {
      facts.delete('phone ph_a');
      forget(facts, 'ph_a');
    },
    run: (host) => host.local.stopContainer({ phoneId: 'ph_a', remove: true }),
  },
  upload(UPLOAD.length),
  {
    name: 'reset ph_b',
    change: (facts) => forget(facts, 'ph_b'),
    run: (host) => host.local.resetContainer({ phoneId: 'ph_b' }),
  },
  {
    name: 'remove the snapshot',
    change: (facts) => facts.delete(`snapshot ${SNAPSHOT}`),
    run: (host) => host.phones.removeSnapshot({ snapshotId: SNAPSHOT }),
  },
  take(TREE),
  drop(TREE),
];

/** What is done again and again, until the power goes. */
const ROUND = 4;
const round = (number: number): readonly Deed[] => [
  take(TREE),
  start('ph_b', 410 + number, GROWN_MIB),
  write('ph_b', `round-${number}`),
  drop(TREE),
];

/** How many deeds there are before the rounds begin. */
export const PRELUDE = FIRST.length;

/** The deed of that number, from 0. */
export function deedOf(index: number): Deed {
  const later = index - PRELUDE;
  const found = FIRST[index] ?? round(Math.floor(later / ROUND))[later % ROUND];
  if (found === undefined) throw new Error(`there is no deed ${index}`);
  return found;
}

/** What is so after that many deeds. */
export function factsAfter(count: number): Facts {
  const facts: Facts = new Map();
  for (let index = 0; index < count; index += 1) deedOf(index).change(facts);
  return facts;
}
