import type { types } from 'mediasoup';
import { Role } from '@ancloud/contracts/common/v1/common';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import { AppError, asAppError, type Log } from '@ancloud/kit';
import { type PushTrack, readPushAnswer, writePushOffer } from '../core/push-sdp.js';
import { ownShape, videoPayloadType } from '../core/rtp-parameters.js';
import { IceAgent } from '../io/ice-agent.js';
import type { WhipEndpoint } from '../io/whip-endpoint.js';
import type { Stream } from '../streams/stream.js';
import type { StreamViewer } from '../streams/stream-viewer.js';
import { Receiver } from '../viewers/receiver.js';
import { receptionOf } from '../viewers/reception.js';
import type { Branch } from '../workers/branch.js';
import type { LinkEvents, PushLink } from './push-link.js';

/** How often it is told how many pictures have gone out. */
const TELL_MS = 1_000;
/** From the offer to the end of the DTLS handshake. */
const CONNECT_MS = 30_000;
/** What goes along with the packets; RTX and the rest would be more to agree upon than to gain. */
const EXTENSIONS: ReadonlySet<string> = new Set([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
]);

export interface WhipLinkOptions {
  /** The push's: it is listed among the stream's viewers by it. */
  readonly id: string;
  readonly endpoint: WhipEndpoint;
  /** Whether media may be sent to an address. */
  readonly allows: (address: string) => boolean;
  readonly events: LinkEvents;
  readonly log: Log;
}

/**
 * One session with a WHIP endpoint (RFC 9725): a viewer of the phone whose packets go on to the other server. mediasoup sends them, repeats
 * what is lost and holds DTLS; the ICE agent in front of it finds the way. Ends by `close`, with the server, with the stream, and when the
 * phone's session is made anew: the offer names the packets of the one there was.
 */
export class WhipLink implements StreamViewer {
  readonly branch: Branch;
  readonly #stream: Stream;
  readonly #options: WhipLinkOptions;
  readonly #left: () => void;
  readonly #joinedAtMs = Date.now();
  readonly #timers: NodeJS.Timeout[] = [];
  #receiver: Receiver | undefined;
  #agent: IceAgent | undefined;
  #session: URL | undefined;
  #frames = 0;
  #closed = false;

  private constructor(stream: Stream, branch: Branch, options: WhipLinkOptions, left: () => void) {
    this.#stream = stream;
    this.branch = branch;
    this.#options = options;
    this.#left = left;
  }

  /** Begins one; whatever becomes of it is told by the events. */
  static begin(openStream: () => Promise<Stream>, options: WhipLinkOptions): PushLink {
    let closed = false;
    let link: WhipLink | undefined;
    const open = async (): Promise<void> => {
      const stream = await openStream();
      link = await stream.seat(
        options.id,
        ownShape,
        (branch, left) => new WhipLink(stream, branch, options, left),
      );
      if (closed) link.#release();
      else await link.#connect();
    };
    open().catch((error: unknown) => {
      const { message } = asAppError(error);
      if (link !== undefined) link.close(message);
      else if (!closed) options.events.ended(message);
    });
    return {
      close: () => {
        closed = true;
        if (link !== undefined) link.#release();
      },
    };
  }

  /** WHIP has no way to tell a server anything. */
  notify(): void {}

  replaced(): void {
    // It has offered none yet, and waits for these.
    if (this.#receiver === undefined || this.#receiver.waits) return;
    this.close('the phone has a new session');
  }

  /** What is sent on is the phone's own picture. */
  judge(): void {}

  async view(): Promise<ViewerView> {
    return {
      viewerId: this.#options.id,
      role: Role.ROLE_WATCH,
      joinedAtMs: this.#joinedAtMs,
      worker: this.branch.worker.index,
      ...(await receptionOf(this.#receiver)),
      experience: undefined,
      low: false,
    };
  }

  close(reason: string): void {
    this.#end(reason, 0);
  }

  /** The offer, the answer, and then the way to the server. */
  async #connect(): Promise<void> {
    const { endpoint, events, allows, id } = this.#options;
    const receiver = await Receiver.create(this.#stream, this.branch, this.branch.createInnerTransport());
    if (this.#closed) return receiver.close();
    this.#receiver = receiver;
    const { transport } = receiver;
    const tracks = await this.#tracks(receiver);
    if (this.#closed) return;
    const agent = this.#agentOf(transport, allows);
    this.#agent = agent;
    const offer = writePushOffer({
      tracks,
      ice: agent.ice,
      fingerprints: transport.dtlsParameters.fingerprints,
      sessionId: String(this.#joinedAtMs),
      streamId: id,
    });
    events.began();
    const reply = await endpoint.post(offer);
    if (reply.kind === 'refused') return this.#end(reply.why, reply.laterMs);
    if (this.#closed) return this.#delete(reply.session);
    this.#session = reply.session;
    const answer = readPushAnswer(reply.sdp, tracks);
    for (const { id: consumer, mid } of tracks) if (answer.refused.has(mid)) receiver.drop(consumer);
    this.#watch(transport);
    await transport.connect({ dtlsParameters: answer.dtls });
    await Promise.all(receiver.consumers.map((consumer) => receiver.resume(consumer.id)));
    if (!this.#closed) agent.connect(answer);
  }

  async #tracks(receiver: Receiver): Promise<(PushTrack & { readonly id: string })[]> {
    const { codecs, headerExtensions } = this.branch.rtpCapabilities;
    const consumers = await receiver.consume({
      ...(codecs === undefined ? {} : { codecs: codecs.filter(({ mimeType }) => !/\/rtx$/i.test(mimeType)) }),
      headerExtensions: headerExtensions?.filter(({ uri }) => EXTENSIONS.has(uri)) ?? [],
    });
    return consumers.map(({ id, kind, rtpParameters }) => {
      const parameters = rtpParameters as unknown as types.RtpParameters;
      return { id, kind, mid: parameters.mid ?? id, rtpParameters: parameters };
    });
  }

  #agentOf(transport: types.WebRtcTransport, allows: (address: string) => boolean): IceAgent {
    const [inner] = transport.iceCandidates;
    if (inner === undefined)
      throw new AppError('STREAM_FAILED', 'the media worker gave a transport without an address');
    return new IceAgent({
      inner: { address: inner.address, port: inner.port, ice: transport.iceParameters },
      allows,
      sent: (packet) => {
        if (endsPicture(packet)) this.#frames += 1;
      },
      failed: (reason) => this.close(reason),
    });
  }

  #watch(transport: types.WebRtcTransport): void {
    transport.on('dtlsstatechange', (state) => {
      if (state === 'closed' || state === 'failed') this.close(`DTLS is ${state}`);
    });
    let told = 0;
    this.#timers.push(
      setTimeout(() => {
        if (transport.dtlsState !== 'connected') this.close('the server did not connect in time');
      }, CONNECT_MS),
      setInterval(() => {
        if (this.#frames === told) return;
        told = this.#frames;
        this.#options.events.sent(told);
      }, TELL_MS),
    );
  }

  #end(reason: string, laterMs: number): void {
    if (this.#closed) return;
    this.#release();
    this.#options.events.ended(reason, laterMs);
  }

  /** All it has, without a word. */
  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timers.forEach(clearTimeout);
    this.#receiver?.close();
    this.#agent?.close();
    this.#left();
    if (this.#session !== undefined) this.#delete(this.#session);
  }

  #delete(session: URL): void {
    const { endpoint, log, id } = this.#options;
    endpoint
      .delete(session)
      .catch((error: unknown) => log.debug({ push: id, err: error }, 'a WHIP session could not be deleted'));
  }
}

/** The last packet of a picture, by RTP's header, which SRTP leaves readable: the marker, and the picture's payload type. */
function endsPicture(packet: Buffer): boolean {
  return (packet[0] ?? 0) >> 6 === 2 && packet[1] === (0x80 | videoPayloadType);
}
