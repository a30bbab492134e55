import { plainKeys, records } from '@ancloud/contracts';
import { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import type { MediaRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, ClientPool, type FarmConnection, isAppError, type Log, mediaLiveness } from '@ancloud/kit';
import { type Records, recordsOf, type State } from '@ancloud/state';
import { PipeCall } from './pipe-call.js';

const ASK_MS = 1_000;
/** How soon the pulse of one that has come is felt, and of one that has left no more, ms. */
const LOOK_MS = 5_000;

export interface MediaPeersOptions extends Pick<FarmConnection, 'farmSecret' | 'tls'> {
  readonly log: Log;
  /** There are others: they will feel our pulse. Told each time that they are seen. */
  readonly met: () => void;
}

/** The other media-svcs of the farm. Owned by main; ends by `close`. */
export class MediaPeers {
  readonly #mediaId: string;
  readonly #records: Records<MediaRecord>;
  readonly #clients: ClientPool<(typeof MediaServiceClient)['service']>;
  readonly #state: State;
  readonly #log: Log;
  readonly #met: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor(mediaId: string, state: State, { farmSecret, tls, log, met }: MediaPeersOptions) {
    this.#state = state;
    this.#log = log;
    this.#met = met;
    this.#mediaId = mediaId;
    this.#records = recordsOf(state, records.media);
    // A second opinion is the lease.
    const liveness = { ...mediaLiveness, pulses: { needsAnother: false } };
    this.#clients = new ClientPool(MediaServiceClient, { farmSecret, tls, liveness });
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    void this.#look();
  }

  /**
   * Whether the process serves that holds a phone's lease by that name. `gone`: nobody listens there, or another process does: a later one of ours, or that media-svc's next.
   * `silent`: no answer, for whatever reason; `vanished`: nor has its pulse one, which was there. Errors: UNAVAILABLE_STATE.
   */
  async ask(owner: string, phoneId: string): Promise<'serves' | 'gone' | 'silent' | 'vanished'> {
    const media = idOf(owner);
    if (media === this.#mediaId) return 'gone';
    const record = await this.#records.get({ media });
    // Nothing is known of it: then the lease decides.
    if (record === undefined) return 'silent';
    const { process, mediaAddress } = record;
    // Started anew meanwhile: it answers, for its dead self it does not.
    if (process !== '' && process !== processOf(owner)) return 'gone';
    const silent = (): 'silent' | 'vanished' =>
      this.#clients.vanished(mediaAddress) ? 'vanished' : 'silent';
    const reached = await this.#clients.reached(mediaAddress);
    if (reached !== 'ready') return reached === 'refused' ? 'gone' : silent();
    try {
      await this.#clients.get(mediaAddress).getStream({ phoneId }, { deadlineMs: ASK_MS, retries: 0 });
      return 'serves';
    } catch (error) {
      if (isAppError(error, 'DEADLINE_EXCEEDED')) return silent();
      if (!isAppError(error, 'UNAVAILABLE')) return 'serves';
      // Its connection broke meanwhile, by its end or by its silence.
      return (await this.#clients.reached(mediaAddress)) === 'refused' ? 'gone' : silent();
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
    clearInterval(this.#timer);
    this.#clients.close();
  }

  async #look(): Promise<void> {
    try {
      const ids = await this.#state.run('listing media-svcs', (redis) =>
        redis.smembers(plainKeys.medias.template),
      );
      const others = ids.filter((media) => media !== this.#mediaId).map((media) => ({ media }));
      if (others.length > 0) this.#met();
      const found = await this.#records.getMany(others);
      this.#clients.watch(found.flatMap((media) => media?.mediaAddress || []));
    } catch (err) {
      // Redis is away: those that were known are felt as before.
      this.#log.debug({ err }, 'the other media-svcs could not be listed');
    }
  }
}

/** `media-1:9f3a…` → `media-1`. */
export function idOf(owner: string): string {
  return owner.split(':')[0] ?? owner;
}

function processOf(owner: string): string {
  return owner.slice(idOf(owner).length + 1);
}
