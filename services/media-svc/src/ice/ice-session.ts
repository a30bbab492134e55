import { viewer as protocol } from '@ancloud/contracts';
import { AppError, Rate } from '@ancloud/kit';
import type { IceCredentials } from '../core/sdp.js';
import { type AnswerTransport, etagOf, writeFragment } from '../core/whep-answer.js';
import type { WhepOffer } from '../core/whep-offer.js';
import { readPatch } from '../core/whep-patch.js';
import { candidatesOf, type ViewerTransport } from '../workers/transport-options.js';

/** From the answer to the end of the DTLS handshake. Whoever gathers slowly has this long. */
const CONNECT_MS = 30_000;
/** What one other side may ask for: whoever trickles each candidate alone and changes its network again and again stays below. */
const PATCHES = { perSecond: 2, burst: 40 };

/**
 * The transport of a session that was negotiated by one offer over HTTP (WHEP, WHIP): what a PATCH changes of it, and how its end is
 * noticed. There is no connection that would tell: `ended` is called, once or more, when the other side has not connected within
 * 30 s, when ICE consent has run out (mediasoup: 30 s), when DTLS is closed, after 12 hours. Owned by the session; ends by `close`.
 */
export class IceSession {
  readonly transport: ViewerTransport;
  readonly #offer: WhepOffer;
  /** The other side's of the present ICE session. */
  #ice: IceCredentials;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #patches = new Rate(PATCHES.perSecond, PATCHES.burst, performance.now());

  constructor(transport: ViewerTransport, offer: WhepOffer, ended: (reason: string) => void) {
    this.transport = transport;
    this.#offer = offer;
    this.#ice = offer.ice;
    const notConnected = (): void => {
      if (transport.dtlsState !== 'connected') ended('the other side did not connect in time');
    };
    this.#timers = [
      setTimeout(notConnected, CONNECT_MS),
      setTimeout(() => ended('its time is over'), protocol.limits.whepSessionMs),
    ];
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected') ended('the other side is gone');
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'closed' || state === 'failed') ended(`DTLS is ${state}`);
    });
  }

  get etag(): string {
    return etagOf(this.transport.iceParameters);
  }

  /** The farm's end, as the answer to the offer tells it. */
  get answers(): AnswerTransport {
    const { iceParameters, dtlsParameters } = this.transport;
    return { iceParameters, iceCandidates: candidatesOf(this.transport), dtlsParameters };
  }

  /** Errors: STREAM_FAILED. */
  async connect(): Promise<void> {
    await this.transport.connect({ dtlsParameters: this.#offer.dtls });
  }

  /**
   * A fragment is empty when candidates were taken; the ETag is that of the ICE session. A flood is refused before it is read: restarts are the worker's
   * and this thread's business, and so everybody's. Errors: RATE_LIMITED, SDP_INVALID, ETAG_MISMATCH.
   */
  async patch(ifMatch: string, text: string): Promise<{ readonly fragment: string; readonly etag: string }> {
    if (!this.#patches.take(performance.now()))
      throw new AppError(
        'RATE_LIMITED',
        `more than ${PATCHES.burst} PATCHes at once, or ${PATCHES.perSecond} a second`,
        {
          fix: 'send candidates together, and restart ICE when the path is gone',
        },
      );
    const { transport, etag } = this;
    const patch = readPatch({ etag, ice: this.#ice }, ifMatch, text);
    if (patch.kind === 'candidates') return { fragment: '', etag };
    this.#ice = patch.ice;
    const iceParameters = await transport.restartIce();
    const bundle = this.#offer.sections.filter(({ codec }) => codec !== undefined);
    const [tagged] = bundle;
    const fragment = writeFragment({
      bundle: bundle.map(({ mid }) => mid),
      mid: tagged?.mid ?? '',
      media: tagged?.media ?? '',
      transport: { iceParameters, iceCandidates: candidatesOf(transport) },
    });
    return { fragment, etag: etagOf(iceParameters) };
  }

  /** The transport, and the timers. May be called twice. */
  close(): void {
    this.#timers.forEach(clearTimeout);
    this.transport.close();
  }
}
