import fs from 'node:fs';
import { Limits } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { eventually, NotYet } from '../harness/eventually.js';
import type { LoneHost } from './lone-host.js';
import { absent, type Images, ready, type Scenario } from './scenario.js';

const SMALL_MIB = 64;
const LARGE_MIB = 96;
const MIB = 1024 ** 2;

const sized = (host: LoneHost, phone: string, { first }: Images, diskMib: number): Promise<unknown> =>
  host.run(phone, { imageId: first, limits: Limits.fromPartial({ diskMib }) });

/** The phone is ready on a disk of that size: as its status, its filesystem and the file on the host have it. */
async function readyOn(host: LoneHost, phone: string, mib: number): Promise<void> {
  await eventually(async () => {
    const { stage, reason, diskLimitMib } = await host.phones.getPhone({ phoneId: phone });
    if (stage !== Stage.STAGE_READY || reason !== '' || diskLimitMib !== mib)
      throw new NotYet(`stage ${stage} ${reason}, a disk of ${diskLimitMib} MiB`);
  });
  const { blocks, bsize } = fs.statfsSync(`${host.place.run}/phones/${phone}/disk`);
  const seen = (blocks * bsize) / MIB;
  if (seen > mib || seen < mib * 0.8) throw new Error(`its filesystem has ${seen} MiB of ${mib}`);
  const file = fs.statSync(`${host.place.state}/phones/${phone}/disk.ext4`);
  if (file.size !== mib * MIB || file.blocks * 512 < mib * MIB)
    throw new Error(`its file has ${file.size} bytes, and ${file.blocks * 512} of them are taken`);
}

const MARK = '/data/mark';
const mark = (host: LoneHost, phone: string): void =>
  void host.inside(phone, '/system/bin/sh', '-c', `echo kept > ${MARK}`);
const marks = (host: LoneHost, phone: string): string =>
  host.inside(phone, '/system/bin/sh', '-c', `cat ${MARK} || true`).trim();

async function beSmall(host: LoneHost, phone: string, images: Images): Promise<void> {
  await absent(host, phone);
  await sized(host, phone, images, SMALL_MIB);
  mark(host, phone);
}

/** A phone that has a disk of its own: made, grown, and made anew. */
export const diskScenarios = {
  disk: {
    from: null,
    again: ['makeStorage'],
    begin: absent,
    wish: (host, phone, images) => sized(host, phone, images, SMALL_MIB),
    reached: (host, phone) => readyOn(host, phone, SMALL_MIB),
  },
  grow: {
    begin: beSmall,
    // At once where the host may resize what is mounted, else with the next start.
    wish: async (host, phone, images) => {
      await sized(host, phone, images, LARGE_MIB);
      await host.local.rebootContainer({ phoneId: phone });
    },
    reached: async (host, phone) => {
      await readyOn(host, phone, LARGE_MIB);
      if (marks(host, phone) !== 'kept') throw new Error('growing took the data');
    },
  },
  // Smaller than before: only a reset makes it so.
  fresh: {
    again: ['wipeData'],
    begin: async (host, phone, images) => {
      await absent(host, phone);
      await sized(host, phone, images, LARGE_MIB);
      mark(host, phone);
      await sized(host, phone, images, SMALL_MIB);
    },
    wish: (host, phone) => host.local.resetContainer({ phoneId: phone }),
    reached: async (host, phone) => {
      await readyOn(host, phone, SMALL_MIB);
      await ready(host, phone);
      if (marks(host, phone) !== '') throw new Error('the data was not wiped');
    },
  },
} satisfies Record<string, Scenario>;
