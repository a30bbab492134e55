import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { viewer as protocol } from '@ancloud/contracts';
import { AppError, type ClientPool } from '@ancloud/kit';
import { viewerRevoked } from '../errors.js';
import { reachMedia, type MediaFinding } from '../signal/reach-media.js';
import type { TokenSigner } from '../viewers/token.js';
import type { ViewerDoor } from '../viewers/viewer-door.js';
import type { ViewerStore } from '../viewers/viewer-store.js';

/** A cold stream starts a video server on the phone first; as for a join. */
const ANSWER_MS = 20_000;
const SHORT_MS = 5_000;

export interface WhepParts extends MediaFinding {
  readonly door: Pick<ViewerDoor, 'admit'>;
  readonly signer: TokenSigner;
  readonly viewers: Pick<ViewerStore, 'end'>;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
}

/**
 * WHEP's sessions (draft-ietf-wish-whep-04): nothing of them is kept here. The session's id is the viewer's; the media-svc
 * that carries the phone's stream has the rest, so any gateway serves any request.
 */
export class Whep {
  readonly #parts: WhepParts;

  constructor(parts: WhepParts) {
    this.#parts = parts;
  }

  /**
   * Uses the token up, unless that fails. Errors: TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, PHONE_NOT_FOUND, SDP_INVALID,
   * CODEC_UNSUPPORTED, VIEWER_REVOKED, STREAM_FAILED, SESSION_NOT_FOUND, CAPACITY, UNAVAILABLE, DEADLINE_EXCEEDED.
   */
  async create(
    token: string,
    offer: string,
    signal: AbortSignal,
  ): Promise<{ readonly session: string; readonly answer: string; readonly etag: string }> {
    const { door, medias } = this.#parts;
    const admission = await door.admit({ kind: 'token', token });
    const { viewer: viewerId, phone: phoneId } = admission;
    try {
      const { answer, etag } = await reachMedia(this.#parts, phoneId, signal, (address) =>
        medias.get(address).createWhep({ viewerId, phoneId, offer }, { deadlineMs: ANSWER_MS, retries: 0 }),
      );
      // Listed, and revocable, for as long as media-svc lets a session live: nobody connects here to say that it does.
      if ((await admission.keep(protocol.limits.whepSessionMs)) === 'kept')
        return { session: viewerId, answer, etag };
    } catch (error) {
      await admission.giveBack();
      throw error;
    }
    // Its right was taken back while it was answered: whoever ended pictures then may have come too early.
    const stream = await this.#parts.facts.stream(phoneId);
    if (stream !== undefined)
      await medias
        .get(stream.mediaAddress)
        .deleteWhep({ viewerId })
        .catch(() => {});
    throw viewerRevoked(viewerId);
  }

  /** `fragment` in the answer is empty when candidates were taken. Errors: TOKEN_INVALID, VIEWER_NOT_FOUND, SDP_INVALID, ETAG_MISMATCH. */
  async patch(
    token: string,
    request: { readonly session: string; readonly ifMatch: string; readonly fragment: string },
  ): Promise<{ readonly fragment: string; readonly etag: string }> {
    const { address } = await this.#carrierOf(token, request.session);
    const { session: viewerId, ifMatch, fragment } = request;
    return this.#parts.medias
      .get(address)
      .patchWhep({ viewerId, ifMatch, fragment }, { deadlineMs: SHORT_MS, retries: 0 });
  }

  /** Errors: TOKEN_INVALID, VIEWER_NOT_FOUND. */
  async delete(token: string, session: string): Promise<void> {
    const { address, phone } = await this.#carrierOf(token, session);
    await this.#parts.medias
      .get(address)
      .deleteWhep({ viewerId: session }, { deadlineMs: SHORT_MS, retries: 0 });
    await this.#parts.viewers.end(session, phone);
  }

  /** Where the session lives, when the token is the one that made it. */
  async #carrierOf(
    token: string,
    session: string,
  ): Promise<{ readonly address: string; readonly phone: string }> {
    // Good for its own session as long as that lasts: no time is too late.
    const claims = await this.#parts.signer.verify(token, 0);
    const stream = claims.viewer === session ? await this.#parts.facts.stream(claims.phone) : undefined;
    if (stream !== undefined) return { address: stream.mediaAddress, phone: claims.phone };
    throw new AppError('VIEWER_NOT_FOUND', `there is no WHEP session ${session} of this token`, {
      field: 'session',
      value: session,
      fix: 'it has ended: ask for a new viewer and POST an offer',
    });
  }
}
