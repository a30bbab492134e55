import type { HostRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import type { Farm } from '../reconcile/farm.js';
import type { Host } from '../reconcile/host.js';
import { hostRecord } from '../reconcile/host-record.js';

/** What controllers are given: the host, and the farm when it belongs to one. */
export class HostApi {
  constructor(
    readonly host: Host,
    /** Undefined without a farm, and until it has been joined. */
    private readonly farm: () => Farm | undefined,
  ) {}

  /** Errors: UNAVAILABLE_STATE. */
  sync(): Promise<number> {
    const farm = this.farm();
    if (farm !== undefined) return farm.sync();
    if (this.host.config.farm === undefined) return Promise.resolve(this.host.phones.count);
    throw new AppError(
      'UNAVAILABLE_STATE',
      'reading the list of phones: this host has not joined its farm yet',
      {
        fix: 'wait; its log says why',
      },
    );
  }

  record(): HostRecord {
    return this.farm()?.record() ?? hostRecord(this.host, '', []);
  }
}
