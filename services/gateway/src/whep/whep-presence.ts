import type { Bus, BusSubscription } from '@ancloud/bus';
import { subjects, viewer as protocol } from '@ancloud/contracts';
import type { Log } from '@ancloud/kit';
import type { ViewerStore } from '../viewers/viewer-store.js';

/**
 * Hears from media-svcs which viewers by WHEP are there, and keeps them listed and revocable: no connection of theirs to this farm says so. Those of a media-svc that is gone are not
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
    const stands = async (viewerId: string, phoneId: string): Promise<void> => {
      try {
        if (!(await viewers.stand(viewerId, phoneId, protocol.limits.whepAbsentMs)))
          bus.publish(subjects.viewerRevoked, { viewer: viewerId }, { phoneId, viewerId });
      } catch (err) {
        log.debug({ err, viewer: viewerId }, 'a viewer could not be kept listed');
      }
    };
    this.#subscription = bus.subscribe(subjects.viewer, {}, ({ viewerId, phoneId, present, connection }) => {
      // Whoever has a connection is told of by its gateway, with its name.
      if (present && connection === '') void stands(viewerId, phoneId);
    });
  }

  close(): void {
    this.#subscription.close();
  }
}
