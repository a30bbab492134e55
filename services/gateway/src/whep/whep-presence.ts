import type { Bus, BusSubscription } from '@ancloud/bus';
import { roleWord, subjects, viewer as protocol } from '@ancloud/contracts';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ViewerChanged } from '@ancloud/contracts/events/v1/events';
import type { Log } from '@ancloud/kit';
import type { ViewerStore } from '../viewers/viewer-store.js';

/**
 * Hears from media-svcs which viewers by WHEP are there, and keeps them listed and revocable: no connection of theirs to this farm says so. What a Redis that was emptied has forgotten of them is written back. Those of a media-svc that is gone are not
 * told of any more, and run out. One whose right was taken back is told so again: who serves it was away then, or had not seated it yet. Each gateway does it: the same is written
 * twice then. Owned by main; ends by `close`.
 */
export class WhepPresence {
  readonly #subscription: BusSubscription;

  constructor({
    bus,
    viewers,
    log,
  }: {
    readonly bus: Pick<Bus, 'subscribe' | 'publish'>;
    readonly viewers: Pick<ViewerStore, 'stand'>;
    readonly log: Log;
  }) {
    const stands = async ({ viewerId, phoneId, right }: ViewerChanged): Promise<void> => {
      const { owner = '', role = Role.ROLE_WATCH, pinned = false } = right ?? {};
      try {
        if (
          !(await viewers.stand(
            viewerId,
            { phone: phoneId, role: roleWord(role), owner, pinned },
            protocol.limits.whepAbsentMs,
          ))
        )
          bus.publish(subjects.viewerRevoked, { viewer: viewerId }, { phoneId, viewerId });
      } catch (err) {
        log.debug({ err, viewer: viewerId }, 'a viewer could not be kept listed');
      }
    };
    this.#subscription = bus.subscribe(subjects.viewer, {}, (change) => {
      // Whoever has a connection is told of by its gateway, with its name.
      if (change.present && change.connection === '') void stands(change);
    });
  }

  close(): void {
    this.#subscription.close();
  }
}
