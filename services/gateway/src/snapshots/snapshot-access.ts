import { snapshotIdPattern } from '@ancloud/contracts';
import type { HostRecord, SnapshotRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { owns, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';

/** A snapshot, and the live host that has it. */
export interface PlacedSnapshot {
  readonly snapshot: SnapshotRecord;
  readonly host: HostRecord;
}

/** The one way to a snapshot: whoever wants to read, use or delete one gets it here, after the tenant check. */
export class SnapshotAccess {
  constructor(private readonly facts: FarmFacts) {}

  /** Those of the principal on live hosts, newest first. */
  async list(principal: Principal): Promise<PlacedSnapshot[]> {
    const hosts = await this.facts.hosts();
    return hosts
      .flatMap((host) => host.snapshots.map((snapshot) => ({ snapshot, host })))
      .filter(({ snapshot }) => owns(principal, snapshot.owner))
      .toSorted(({ snapshot: a }, { snapshot: b }) =>
        b.createdAtMs === a.createdAtMs
          ? a.snapshotId.localeCompare(b.snapshotId)
          : b.createdAtMs - a.createdAtMs,
      );
  }

  /** Errors: INVALID_ARGUMENT for what is no id; SNAPSHOT_NOT_FOUND, also for one of somebody else, or of a lost host. */
  async load(principal: Principal, snapshotId: string): Promise<PlacedSnapshot> {
    if (!snapshotIdPattern.test(snapshotId))
      throw invalid(
        'snapshotId',
        snapshotId,
        'snapshotId is not the id of a snapshot',
        "use an id such as 'sn_4k2', as it came",
      );
    const all = await this.list(principal);
    const found = all.find(({ snapshot }) => snapshot.snapshotId === snapshotId);
    if (found !== undefined) return found;
    throw new AppError('SNAPSHOT_NOT_FOUND', `no live host has the snapshot '${snapshotId}'`, {
      field: 'snapshotId',
      value: snapshotId,
      fix: 'list those there are: GET /v1/snapshots, or ./ancloud snapshot ls',
    });
  }
}

/** Errors: PROFILE_CHANGE, when the data is of a family of Android that the image is not of. */
export function sameProfile({ snapshot, host }: PlacedSnapshot, imageId: string): void {
  const image = host.images.find((one) => one.imageId === imageId);
  if (image === undefined || image.profile === snapshot.profile) return;
  throw new AppError(
    'PROFILE_CHANGE',
    `the snapshot ${snapshot.snapshotId} holds data of another family of images than ${imageId}`,
    { field: 'snapshotId', value: snapshot.snapshotId, fix: 'use a phone with an image of the same profile' },
  );
}
