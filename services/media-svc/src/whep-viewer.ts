import type { types } from 'mediasoup';
import { viewer as protocol } from '@ancloud/contracts';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import { Role } from '@ancloud/contracts/common/v1/common';
import { AppError, type Log } from '@ancloud/kit';
import type { Branch } from './branch.js';
import { etagOf, writeAnswer, writeFragment, type AnswerConsumer } from './core/whep-answer.js';
import type { IceCredentials } from './core/sdp.js';
import { capabilitiesOf, type WhepOffer } from './core/whep-offer.js';
import { readPatch } from './core/whep-patch.js';
import { receptionOf, Receiver } from './receiver.js';
import type { Stream } from './stream.js';
import type { StreamViewer } from './stream-viewer.js';

/** From the answer to the end of the DTLS handshake. A player that gathers slowly has this long. */
const CONNECT_MS = 30_000;

export interface WhepViewerOptions {
  readonly id: string;
  readonly offer: WhepOffer;
  /** Called once, whoever closed it. */
  readonly closed: (reason: string) => void;
  readonly log: Log;
}

/**
 * One viewer that came by WHEP: what it receives, and the ICE session that a PATCH changes. There is no connection that
 * would tell of its end: it closes by DELETE, when ICE consent has run out (mediasoup: 30 s), when DTLS is closed, when its right is taken back, after 12 hours, or with its
 * stream.
 */
export class WhepViewer implements StreamViewer {
  readonly branch: Branch;
  readonly #stream: Stream;
  readonly #options: WhepViewerOptions;
  readonly #joinedAtMs = Date.now();
  #receiver: Receiver | undefined;
  /** The player's of the present ICE session. */
  #ice: IceCredentials;
  #connectTimer: NodeJS.Timeout | undefined;
  readonly #lifeTimer: NodeJS.Timeout;
  #closed = false;

  constructor(stream: Stream, branch: Branch, options: WhepViewerOptions) {
    this.#stream = stream;
    this.branch = branch;
    this.#options = options;
    this.#ice = options.offer.ice;
    this.#lifeTimer = setTimeout(() => this.close('its time is over'), protocol.limits.whepSessionMs);
  }

  /** Makes the transport, sends all that was asked for, and answers. Errors: STREAM_FAILED, CANCELLED. */
  async answer(): Promise<{ readonly answer: string; readonly etag: string }> {
    const { offer, id } = this.#options;
    const receiver = await Receiver.create(this.#stream, this.branch);
    if (this.#closed) {
      receiver.close();
      throw new AppError('CANCELLED', 'the viewer is gone');
    }
    this.#receiver = receiver;
    const { transport } = receiver;
    this.#watch(transport);
    await transport.connect({ dtlsParameters: offer.dtls });
    const consumers = await this.#consume(receiver);
    return {
      answer: writeAnswer({
        offer,
        transport,
        consumers,
        sessionId: String(this.#joinedAtMs),
        streamId: id,
      }),
      etag: etagOf(transport.iceParameters),
    };
  }

  /** A fragment is empty when candidates were taken; the ETag is that of the ICE session. Errors: SDP_INVALID, ETAG_MISMATCH, INVALID_STATE. */
  async patch(
    ifMatch: string,
    fragment: string,
  ): Promise<{ readonly fragment: string; readonly etag: string }> {
    const transport = this.#receiver?.transport;
    if (transport === undefined) throw new AppError('INVALID_STATE', 'the viewer has no answer yet');
    const etag = etagOf(transport.iceParameters);
    const patch = readPatch({ etag, ice: this.#ice }, ifMatch, fragment);
    if (patch.kind === 'candidates') return { fragment: '', etag };
    this.#ice = patch.ice;
    const iceParameters = await transport.restartIce();
    const tagged = this.#options.offer.sections.find(({ codec }) => codec !== undefined);
    return {
      fragment: writeFragment({
        mid: tagged?.mid ?? '',
        media: tagged?.media ?? '',
        transport: { iceParameters, iceCandidates: transport.iceCandidates },
      }),
      etag: etagOf(iceParameters),
    };
  }

  /** WHEP has no way to tell a player anything. */
  notify(): void {}

  /** The same payload types come from another sender now; the player needs no new offer (core/whep-answer.ts). */
  replaced(): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    receiver.replaced();
    this.#consume(receiver).catch((error: unknown) => {
      this.#options.log.info({ viewer: this.#options.id, err: error }, 'a WHEP viewer could not go on');
      this.close('the stream could not be consumed again');
    });
  }

  judge(): void {}

  async view(): Promise<ViewerView> {
    return {
      viewerId: this.#options.id,
      role: Role.ROLE_WATCH,
      joinedAtMs: this.#joinedAtMs,
      worker: this.branch.worker.index,
      ...(await receptionOf(this.#receiver)),
      low: false,
    };
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#lifeTimer);
    this.#receiver?.close();
    this.#options.closed(reason);
  }

  async #consume(receiver: Receiver): Promise<readonly AnswerConsumer[]> {
    const consumers = await receiver.consume(capabilitiesOf(this.#options.offer));
    await Promise.all(consumers.map(({ id }) => receiver.resume(id)));
    return consumers.map(({ kind, rtpParameters }) => ({
      kind,
      rtpParameters: rtpParameters as unknown as types.RtpParameters,
    }));
  }

  #watch(transport: types.WebRtcTransport): void {
    this.#connectTimer = setTimeout(() => {
      if (transport.dtlsState !== 'connected') this.close('the player did not connect in time');
    }, CONNECT_MS);
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected') this.close('the player is gone');
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'closed' || state === 'failed') this.close(`the player's DTLS is ${state}`);
    });
  }
}
