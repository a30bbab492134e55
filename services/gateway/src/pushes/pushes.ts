import { pushIdPattern } from '@ancloud/contracts';
import type {
  ListPushesRequest,
  ListPushesResponse,
  StartPushRequest,
  StopPushRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { PushRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import { owns, type Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import { askMedias, type MediaAsking, type Placed } from '../signal/ask-medias.js';
import { type MediaFinding, reachMedia } from '../signal/reach-media.js';

const ASK = { deadlineMs: 3_000, retries: 0 } as const;
/** A name is looked up; a cold stream starts by itself. */
const START_MS = 15_000;
const STOP_MS = 5_000;
const MAX_URL = 2_048;

export interface PushParts extends MediaFinding, MediaAsking {
  readonly facts: MediaFinding['facts'] & MediaAsking['facts'];
  readonly access: PhoneAccess;
}

/** Pushes of the caller's phones; the media-svc of the phone's stream sends each, and keeps the destination to itself. */
export class Pushes {
  readonly #parts: PushParts;

  constructor(parts: PushParts) {
    this.#parts = parts;
  }

  /** Errors: PHONE_NOT_FOUND, INVALID_ARGUMENT, DESTINATION_REFUSED, SESSION_NOT_FOUND, CAPACITY, EXEC_FAILED, UNAVAILABLE. */
  async start(
    principal: Principal,
    { phoneId, url, token }: StartPushRequest,
    signal: AbortSignal,
  ): Promise<PushRecord> {
    const { access, medias } = this.#parts;
    if (url === '' || url.length > MAX_URL)
      // Not repeated: it holds keys.
      throw invalid(
        'url',
        undefined,
        `url has not 1 to ${MAX_URL} characters`,
        'write https://…, rtmps://…, rtmp://… or srt://…',
      );
    const { desired } = await access.load(principal, phoneId);
    // One id over all tries: one that was begun, and whose answer was lost, is begun already.
    const request = { pushId: newId('pu'), phoneId, owner: desired.owner, url, token };
    return reachMedia(this.#parts, phoneId, signal, (address) =>
      medias.get(address).startPush(request, { deadlineMs: START_MS, retries: 0 }),
    );
  }

  /** Newest first. Errors: UNAVAILABLE when a media-svc of the farm does not answer. */
  async list(principal: Principal, { phoneId }: ListPushesRequest): Promise<ListPushesResponse> {
    const found = (await this.#of(principal)).map(({ what }) => what);
    return { pushes: phoneId === '' ? found : found.filter((one) => one.phoneId === phoneId) };
  }

  /** Ends it and forgets it. Errors: PUSH_NOT_FOUND, UNAVAILABLE. */
  async stop(principal: Principal, { pushId }: StopPushRequest): Promise<PushRecord> {
    if (!pushIdPattern.test(pushId))
      throw invalid(
        'pushId',
        pushId,
        'pushId is not the id of a push',
        "use an id such as 'pu_4k2', as it came",
      );
    const found = (await this.#of(principal)).find(({ what }) => what.pushId === pushId);
    if (found === undefined)
      throw new AppError('PUSH_NOT_FOUND', `there is no push '${pushId}'`, {
        field: 'pushId',
        value: pushId,
        fix: 'list those there are: GET /v1/pushes, or ./ancloud push ls',
      });
    return this.#parts.medias.get(found.address).stopPush({ pushId }, { deadlineMs: STOP_MS });
  }

  async #of(principal: Principal): Promise<Placed<PushRecord>[]> {
    const all = await askMedias(this.#parts, async (media) => {
      const { pushes } = await media.listPushes({}, ASK);
      return pushes;
    });
    return all
      .filter(({ what }) => owns(principal, what.owner))
      .toSorted(({ what: a }, { what: b }) =>
        a.startedAtMs === b.startedAtMs ? a.pushId.localeCompare(b.pushId) : b.startedAtMs - a.startedAtMs,
      );
  }
}
