import { leases } from '@ancloud/contracts';
import { type Log, sleep } from '@ancloud/kit';
import { acquire, type Lease, type State, viewLease } from '@ancloud/state';
import { idOf, type MediaPeers } from '../io/media-peers.js';

/**
 * A holder that is silent loses its lease when it has not renewed it for so long, ms; renewals are half a second apart. `vanished`: nor does its pulse, which a busy event loop does
 * not hold up.
 */
const SILENT_MS = { silent: 3_000, vanished: 1_250 } as const;
/** So long is waited for that, rather than coming again: a renewal, if there is one, comes within it, ms. */
const WAIT_MS = 1_000;

export interface StreamLeasesOptions {
  readonly mediaId: string;
  /** Differs for each process: a restarted instance must get a new fence, not its dead self's. */
  readonly process: string;
  readonly peers: Pick<MediaPeers, 'ask'>;
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
    const { mediaId, process, state, log } = this.#options;
    const owner = `${mediaId}:${process}`;
    const params = { phone: phoneId };
    let acquired = await acquire(state, leases.stream, params, { owner, log });
    if (!acquired.held && (await this.#isGone(acquired.owner, phoneId))) {
      const from = acquired.owner;
      log.info({ phone: phoneId, from }, 'the media-svc that carried a stream is gone; taking it over');
      acquired = await acquire(state, leases.stream, params, { owner, log, from });
    }
    if (acquired.held) return { lease: acquired.lease };
    return { mediaId: idOf(acquired.owner) };
  }

  /**
   * One that answers late is not gone: it must have been silent for longer than a busy event loop is late, to us and to Redis. One whose answers
   * are lost on their way to us goes on renewing, and is left alone. One that has vanished has no pulse either, and that is known before its lease is old enough.
   */
  async #isGone(owner: string, phoneId: string): Promise<boolean> {
    const answer = await this.#options.peers.ask(owner, phoneId);
    if (answer !== 'silent' && answer !== 'vanished') return answer === 'gone';
    const left = await this.#untilSilent(owner, phoneId, SILENT_MS[answer]);
    if (answer === 'silent' || left <= 0 || left > WAIT_MS) return left <= 0;
    await sleep(left);
    return (await this.#untilSilent(owner, phoneId, SILENT_MS.vanished)) <= 0;
  }

  /** In how many ms it will not have renewed the lease for `ms`; it is not that one's any more: never. */
  async #untilSilent(owner: string, phoneId: string, ms: number): Promise<number> {
    const now = await viewLease(this.#options.state, leases.stream, { phone: phoneId });
    return now.owner === owner ? ms - (leases.stream.ttlMs - now.restMs) : Infinity;
  }

  /** The media-svc that holds it, without asking for it; undefined when nobody does. Errors: UNAVAILABLE_STATE. */
  async holder(phoneId: string): Promise<string | undefined> {
    const { owner } = await viewLease(this.#options.state, leases.stream, { phone: phoneId });
    return owner === '' ? undefined : idOf(owner);
  }
}
