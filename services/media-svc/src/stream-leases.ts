import { leases } from '@ancloud/contracts';
import type { Log } from '@ancloud/kit';
import { acquire, type Lease, type State, viewLease } from '@ancloud/state';
import { idOf, type MediaPeers } from './io/media-peers.js';

export interface StreamLeasesOptions {
  readonly mediaId: string;
  /** Differs for each process: a restarted instance must get a new fence, not its dead self's. */
  readonly process: string;
  readonly peers: Pick<MediaPeers, 'isGone'>;
  readonly state: State;
  readonly log: Log;
}

/** Who carries a phone's stream: we by this lease, or another media-svc. */
export type Carrier = { readonly lease: Lease } | { readonly lease?: undefined; readonly mediaId: string };

/** The leases `stream:{phone}:lease`, as this media-svc asks for them. */
export class StreamLeases {
  readonly #options: StreamLeasesOptions;

  constructor(options: StreamLeasesOptions) {
    this.#options = options;
  }

  /** Takes it when it is free, or held by one who is gone. Errors: UNAVAILABLE_STATE. */
  async seek(phoneId: string): Promise<Carrier> {
    const { mediaId, process, peers, state, log } = this.#options;
    const owner = `${mediaId}:${process}`;
    const params = { phone: phoneId };
    let acquired = await acquire(state, leases.stream, params, { owner, log });
    if (!acquired.held && (await peers.isGone(acquired.owner, phoneId))) {
      const from = acquired.owner;
      log.info({ phone: phoneId, from }, 'the media-svc that carried a stream is gone; taking it over');
      acquired = await acquire(state, leases.stream, params, { owner, log, from });
    }
    if (acquired.held) return { lease: acquired.lease };
    return { mediaId: idOf(acquired.owner) };
  }

  /** The media-svc that holds it, without asking for it; undefined when nobody does. Errors: UNAVAILABLE_STATE. */
  async holder(phoneId: string): Promise<string | undefined> {
    const { owner } = await viewLease(this.#options.state, leases.stream, { phone: phoneId });
    return owner === '' ? undefined : idOf(owner);
  }
}
