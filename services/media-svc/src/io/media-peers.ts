import { records } from '@ancloud/contracts';
import { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import type { MediaRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, ClientPool, type FarmConnection, isAppError } from '@ancloud/kit';
import { type Records, recordsOf, type State } from '@ancloud/state';
import { PipeCall } from './pipe-call.js';

const ASK_MS = 1_000;

/** The other media-svcs of the farm. Owned by main; ends by `close`. */
export class MediaPeers {
  readonly #mediaId: string;
  readonly #records: Records<MediaRecord>;
  readonly #clients: ClientPool<(typeof MediaServiceClient)['service']>;

  constructor(
    mediaId: string,
    state: State,
    { farmSecret, tls }: Pick<FarmConnection, 'farmSecret' | 'tls'>,
  ) {
    this.#mediaId = mediaId;
    this.#records = recordsOf(state, records.media);
    this.#clients = new ClientPool(MediaServiceClient, { farmSecret, tls });
  }

  /**
   * True when nobody serves any more under the name that holds a phone's lease: an earlier process of ours, or another media-svc that
   * nobody answers for. Its lease would run out by itself, seconds later. One that answers late is not gone; one that is cut off
   * from us alone loses the stream by its fence, as by any newer holder. Errors: UNAVAILABLE_STATE.
   */
  async isGone(owner: string, phoneId: string): Promise<boolean> {
    const media = idOf(owner);
    if (media === this.#mediaId) return true;
    const record = await this.#records.get({ media });
    // Nothing is known of it: then the lease decides.
    if (record === undefined) return false;
    // Started anew meanwhile: it answers, for its dead self it does not.
    if (record.process !== '' && record.process !== processOf(owner)) return true;
    try {
      await this.#clients.get(record.mediaAddress).getStream({ phoneId }, { deadlineMs: ASK_MS, retries: 0 });
      return false;
    } catch (error) {
      return isAppError(error) && error.code === 'UNAVAILABLE';
    }
  }

  /** A call of `OpenPipe`. Errors: UNAVAILABLE while nothing is known of that media-svc, UNAVAILABLE_STATE. */
  async pipe(media: string): Promise<PipeCall> {
    const record = await this.#records.get({ media });
    if (record === undefined)
      throw new AppError('UNAVAILABLE', `media-svc ${media} is not in the farm`, {
        field: 'media',
        value: media,
      });
    return new PipeCall(this.#clients.get(record.mediaAddress).openPipe());
  }

  close(): void {
    this.#clients.close();
  }
}

/** `media-1:9f3a…` → `media-1`. */
export function idOf(owner: string): string {
  return owner.split(':')[0] ?? owner;
}

function processOf(owner: string): string {
  return owner.slice(idOf(owner).length + 1);
}
