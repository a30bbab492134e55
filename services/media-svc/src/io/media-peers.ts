import { records } from '@ancloud/contracts';
import { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import type { MediaRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, ClientPool, type FarmConnection, isAppError, mediaLiveness } from '@ancloud/kit';
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
    this.#clients = new ClientPool(MediaServiceClient, { farmSecret, tls, liveness: mediaLiveness });
  }

  /**
   * Whether the process serves that holds a phone's lease by that name. `gone`: nobody listens there, or another process does: a later one of ours, or that media-svc's next.
   * `silent`: no answer, for whatever reason. Errors: UNAVAILABLE_STATE.
   */
  async ask(owner: string, phoneId: string): Promise<'serves' | 'gone' | 'silent'> {
    const media = idOf(owner);
    if (media === this.#mediaId) return 'gone';
    const record = await this.#records.get({ media });
    // Nothing is known of it: then the lease decides.
    if (record === undefined) return 'silent';
    const { process, mediaAddress } = record;
    // Started anew meanwhile: it answers, for its dead self it does not.
    if (process !== '' && process !== processOf(owner)) return 'gone';
    const reached = await this.#clients.reached(mediaAddress);
    if (reached !== 'ready') return reached === 'refused' ? 'gone' : 'silent';
    try {
      await this.#clients.get(mediaAddress).getStream({ phoneId }, { deadlineMs: ASK_MS, retries: 0 });
      return 'serves';
    } catch (error) {
      if (isAppError(error, 'DEADLINE_EXCEEDED')) return 'silent';
      if (!isAppError(error, 'UNAVAILABLE')) return 'serves';
      // Its connection broke meanwhile, by its end or by its silence.
      return (await this.#clients.reached(mediaAddress)) === 'refused' ? 'gone' : 'silent';
    }
  }

  /** A call of `OpenPipe`. Errors: UNAVAILABLE while nothing is known of that media-svc or it does not answer, UNAVAILABLE_STATE. */
  async pipe(media: string): Promise<PipeCall> {
    const record = await this.#records.get({ media });
    if (record === undefined)
      throw new AppError('UNAVAILABLE', `media-svc ${media} is not in the farm`, {
        field: 'media',
        value: media,
      });
    if ((await this.#clients.reached(record.mediaAddress)) !== 'ready')
      throw new AppError('UNAVAILABLE', `media-svc ${media} does not answer`, {
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
