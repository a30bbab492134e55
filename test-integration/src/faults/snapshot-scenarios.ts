import crypto from 'node:crypto';
import fs from 'node:fs';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import type { LoneHost } from './lone-host.js';
import { absent, beReady, type Images, ready, type Scenario, stop } from './scenario.js';

/** The snapshot that a phone's wish is about. */
const snapshotOf = new Map<string, string>();
const newId = (): string => `sn_${crypto.randomBytes(8).toString('hex')}`;
const idOf = (phone: string): string => snapshotOf.get(phone) ?? '';

/** Where the phone's data is seen, whatever it lies on. */
function dataOf({ place }: LoneHost, phone: string): string {
  const overlay = `${place.run}/phones/${phone}/data`;
  return fs.existsSync(overlay) ? overlay : `${place.state}/phones/${phone}/data`;
}

/** A file of the phone's own, written by the phone. */
function write(host: LoneHost, phone: string, name: string): void {
  host.inside(phone, '/system/bin/sh', '-c', `echo ${name} > /data/${name}`);
}

async function kept(host: LoneHost, snapshotId: string): Promise<boolean> {
  const { snapshots } = await host.phones.hostFacts({});
  return snapshots.some((snapshot) => snapshot.snapshotId === snapshotId);
}

/** What lies in the store is what it lists: each snapshot's record and its file, and nothing else. */
async function wholeStore(host: LoneHost): Promise<void> {
  const { snapshots } = await host.phones.hostFacts({});
  const listed = snapshots.flatMap(({ snapshotId, sha256 }) => [`${snapshotId}.json`, `${sha256}.sqfs`]);
  const found = fs.readdirSync(`${host.place.state}/snapshots`).toSorted();
  if (found.join() !== [...new Set(listed)].toSorted().join())
    throw new Error(`the store holds ${found.join()} and lists ${listed.join()}`);
}

/** A snapshot with a mark and ids in it, of a phone that is gone. */
async function original(host: LoneHost, images: Images): Promise<string> {
  const origin = 'ph_origin';
  const snapshotId = snapshotOf.get(host.place.hostId) ?? newId();
  if (await kept(host, snapshotId)) return snapshotId;
  await beReady(host, origin, images);
  write(host, origin, 'mark');
  host.inside(
    origin,
    '/system/bin/sh',
    '-c',
    'mkdir -p /data/system/users/0 && echo key > /data/system/users/0/settings_ssaid.xml',
  );
  await stop(host, origin);
  await host.local.snapshotContainer({ phoneId: origin, snapshotId, name: 'original' });
  await host.local.stopContainer({ phoneId: origin, remove: true });
  snapshotOf.set(host.place.hostId, snapshotId);
  return snapshotId;
}

async function isClone(host: LoneHost, phone: string): Promise<void> {
  await ready(host, phone);
  if (host.inside(phone, '/system/bin/sh', '-c', 'cat /data/mark').trim() !== 'mark')
    throw new Error('the clone lacks what the snapshot has');
  if (fs.existsSync(`${dataOf(host, phone)}/system/users/0/settings_ssaid.xml`))
    throw new Error('the clone has the ids of its origin');
}

async function beClone(host: LoneHost, phone: string, images: Images): Promise<void> {
  await absent(host, phone);
  await host.run(phone, { imageId: images.first }, await original(host, images));
}

/** What is kept of a stopped phone, made of it, laid under it and forgotten. */
export const snapshotScenarios = {
  snapshot: {
    from: Stage.STAGE_STOPPED,
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      await stop(host, phone);
      snapshotOf.set(phone, newId());
    },
    wish: (host, phone) =>
      host.local.snapshotContainer({ phoneId: phone, snapshotId: idOf(phone), name: '' }),
    reached: async (host, phone) => {
      await eventually(async () => {
        const { stage, reason, snapshotId } = await host.phones.getPhone({ phoneId: phone });
        if (stage !== Stage.STAGE_STOPPED || reason !== '' || snapshotId !== idOf(phone))
          throw new NotYet(`stage ${stage} ${reason}, last taken ${snapshotId}`);
      }, PATIENCE_MS);
      if (!(await kept(host, idOf(phone)))) throw new Error('the snapshot is told of and not there');
      await wholeStore(host);
    },
  },
  clone: {
    from: null,
    again: ['makeStorage'],
    begin: async (host, phone, images) => {
      await absent(host, phone);
      snapshotOf.set(phone, await original(host, images));
    },
    wish: (host, phone, { first }) => host.run(phone, { imageId: first }, idOf(phone)),
    reached: isClone,
  },
  rest: {
    begin: beClone,
    wish: stop,
    reached: (host, phone) => host.until(phone, Stage.STAGE_STOPPED),
  },
  restore: {
    again: ['wipeData'],
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      write(host, phone, 'later');
      snapshotOf.set(phone, await original(host, images));
    },
    wish: (host, phone) => host.local.restoreContainer({ phoneId: phone, snapshotId: idOf(phone) }),
    // Ready it may still be from before, without what the snapshot has.
    reached: (host, phone) =>
      eventually(async () => {
        await isClone(host, phone);
        if (fs.existsSync(`${dataOf(host, phone)}/later`)) throw new NotYet('what came later is still there');
      }),
  },
  forget: {
    from: Stage.STAGE_STOPPED,
    again: ['removeSnapshot'],
    begin: async (host, phone, images) => {
      await beReady(host, phone, images);
      write(host, phone, `only-${Date.now()}`);
      await stop(host, phone);
      snapshotOf.set(phone, newId());
      await host.local.snapshotContainer({ phoneId: phone, snapshotId: idOf(phone), name: '' });
    },
    wish: (host, phone) => host.phones.removeSnapshot({ snapshotId: idOf(phone) }),
    reached: async (host, phone) => {
      if (await kept(host, idOf(phone))) throw new Error('the snapshot is still listed');
      await wholeStore(host);
    },
  },
} satisfies Record<string, Scenario>;
