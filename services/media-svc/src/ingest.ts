import type { types } from 'mediasoup';
import type { AttachStreamResponse } from '@ancloud/contracts/session/v1/session';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import {
  audioParameters,
  audioPayloadType,
  audioSsrc,
  lowSsrc,
  videoParameters,
  videoPayloadType,
  videoSsrc,
} from './core/rtp-parameters.js';
import type { WishReason } from './core/key-frame-wish.js';
import type { Layer } from './core/layer-choice.js';
import { countsOf, type Inflow } from './inflow.js';
import { LowLayer } from './low-layer.js';
import type { SessionCaller } from './io/session-caller.js';

/** Socket buffer of the ingest. With the kernel's default 104 packets of 45 s were lost on busy cores, with this none. */
const RECV_BUFFER = 4 << 20;

export interface IngestOptions {
  readonly router: types.Router;
  readonly session: SessionRecord;
  readonly fence: number;
  readonly listenIp: string;
  readonly sessions: SessionCaller;
  readonly askKeyFrame: (reason: WishReason, layer: Layer) => void;
}

/**
 * The way of one phone's RTP into the tree: a PlainTransport that is connected to exactly one sender (`comedia: false`:
 * nobody else can feed a phone), RTCP on the same port, one video and one audio producer, and on demand the low layer's. Owned by its stream; replaced as
 * a whole when the session's address changes, since a PlainTransport connects once.
 */
export class Ingest implements Inflow {
  readonly origin = '';
  readonly #transport: types.PlainTransport;
  /** The session it is for. */
  readonly session: SessionRecord;
  readonly low: LowLayer;
  readonly #options: IngestOptions;

  private constructor(
    transport: types.PlainTransport,
    readonly video: types.Producer,
    readonly audio: types.Producer | undefined,
    readonly size: Pick<AttachStreamResponse, 'width' | 'height'>,
    options: IngestOptions,
  ) {
    this.#transport = transport;
    this.#options = options;
    const { session, fence, sessions, askKeyFrame } = options;
    this.session = session;
    const { phoneId } = session;
    this.low = new LowLayer({
      produce: () => transport.produce({ kind: 'video', rtpParameters: videoParameters(phoneId, lowSsrc) }),
      attach: () =>
        sessions.attachLow(session, {
          phoneId,
          fence,
          ssrc: lowSsrc,
          payloadType: videoPayloadType,
          // A new producer knows no sequence number yet: any start will do.
          nextSequence: 0,
        }),
      // A session that is gone has ended it already.
      detach: () => sessions.detachLow(session, fence).catch(() => undefined),
      askKeyFrame: (reason) => askKeyFrame(reason, 'low'),
    });
  }

  /** Errors: FENCED, SESSION_NOT_FOUND, STREAM_FAILED, UNAVAILABLE from session-svc. Nothing is left behind then. */
  static async create(options: IngestOptions): Promise<Ingest> {
    const { router, session } = options;
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: options.listenIp, recvBufferSize: RECV_BUFFER },
      rtcpMux: true,
      comedia: false,
    });
    try {
      await transport.connect({ ip: session.rtpIp, port: session.rtpPort });
      const cname = session.phoneId;
      const video = await transport.produce({ kind: 'video', rtpParameters: videoParameters(cname) });
      const audio = await transport.produce({ kind: 'audio', rtpParameters: audioParameters(cname) });
      const attached = await options.sessions.attach(session, {
        phoneId: session.phoneId,
        fence: options.fence,
        ip: transport.tuple.localAddress,
        port: transport.tuple.localPort,
        videoSsrc,
        videoPayloadType,
        audioSsrc,
        audioPayloadType,
        // A new producer knows no sequence number yet: any start will do.
        videoNextSequence: 0,
        audioNextSequence: 0,
        mtu: 0,
      });
      if (!attached.audio) audio.close();
      return new Ingest(transport, video, attached.audio ? audio : undefined, attached, options);
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  get producers(): types.Producer[] {
    return this.audio === undefined ? [this.video] : [this.video, this.audio];
  }

  /** True when `session` is the one this ingest is connected to. */
  serves(session: SessionRecord): boolean {
    const mine = this.session;
    return mine.bootId === session.bootId && mine.rtpIp === session.rtpIp && mine.rtpPort === session.rtpPort;
  }

  askKeyFrame(reason: WishReason): void {
    this.#options.askKeyFrame(reason, 'main');
  }

  /** The session sends to whoever holds the stream. */
  watched(): void {}

  counts(): Promise<{ packets: number; bytes: number }> {
    return countsOf(this.video);
  }

  /** Producers and, with them, all consumers close. May be called twice. */
  close(): void {
    this.low.close();
    this.#transport.close();
  }
}
