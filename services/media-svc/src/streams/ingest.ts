import { randomBytes } from 'node:crypto';
import type { types } from 'mediasoup';
import { isAppError } from '@ancloud/kit/errors';
import type { AttachStreamResponse } from '@ancloud/contracts/session/v1/session';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import type { Log, SrtpPolicy } from '@ancloud/kit';
import { encrypts } from '../core/ingest-srtp.js';
import type { WishReason } from '../core/key-frame-wish.js';
import type { Layer } from '../core/layer-choice.js';
import type { Counts } from '../core/picture-counts.js';
import {
  audioParameters,
  audioPayloadType,
  audioSsrc,
  lowSsrc,
  videoParameters,
  videoPayloadType,
  videoSsrc,
} from '../core/rtp-parameters.js';
import type { SessionCaller } from '../io/session-caller.js';
import type { Inflow } from './inflow.js';
import { LowLayer } from './low-layer.js';
import { alwaysRuns, type MainPicture, RestingPicture } from './main-picture.js';
import { PictureCounter } from './picture-counter.js';
import { watchReports } from './report-watch.js';

/** Socket buffer of the ingest. With the kernel's default 104 packets of 45 s were lost on busy cores, with this none. */
const RECV_BUFFER = 4 << 20;
/** As pipes between media-svcs have it (mediasoup's own choice there): the strongest that libsrtp and session-svc both speak. */
const CRYPTO_SUITE: types.SrtpCryptoSuite = 'AEAD_AES_256_GCM';
/** Master key and salt of it. */
const MASTER_BYTES = 44;

/** Where phones' packets arrive, and when they must be encrypted. */
export interface RtpListen {
  readonly ip: string;
  readonly srtp: SrtpPolicy;
}

export interface IngestOptions {
  readonly router: types.Router;
  readonly session: SessionRecord;
  readonly fence: number;
  readonly listen: RtpListen;
  readonly sessions: SessionCaller;
  /** Somebody is sent the main picture or sound. */
  readonly mainWanted: () => boolean;
  /** How long those run on for nobody, ms. */
  readonly idleMs: number;
  readonly askKeyFrame: (reason: WishReason, layer: Layer) => void;
  /** It has ended by itself; called once. */
  readonly ended: (ingest: Ingest, reason: string) => void;
  readonly log: Log;
}

/**
 * The way of one phone's RTP into the tree: a PlainTransport that is connected to exactly one sender (`comedia: false`:
 * nobody else can feed a phone), RTCP on the same port, one video and one audio producer, and on demand the low layer's. Owned by its stream; replaced as
 * a whole when the session's address changes, since a PlainTransport connects once.
 *
 * Where the packets cross a network they are encrypted by a key that is made here, for this ingest alone: it is told to one session in one
 * request, so that no two senders can ever have it.
 */
export class Ingest implements Inflow {
  readonly origin = '';
  readonly #transport: types.PlainTransport;
  /** The session it is for. */
  readonly session: SessionRecord;
  readonly main: MainPicture;
  readonly low: LowLayer;
  readonly #sound: types.Producer;
  /** Whether there is sound; undefined until the main picture has run. */
  #sounds: boolean | undefined;
  readonly #counter: PictureCounter;
  readonly #options: IngestOptions;

  private constructor(
    transport: types.PlainTransport,
    readonly video: types.Producer,
    sound: types.Producer,
    rests: boolean,
    readonly size: Pick<AttachStreamResponse, 'width' | 'height'>,
    readonly encrypted: boolean,
    options: IngestOptions,
  ) {
    this.#transport = transport;
    this.#options = options;
    const { session, fence, sessions, idleMs, askKeyFrame, ended, log } = options;
    this.session = session;
    this.#sound = sound;
    const { phoneId } = session;
    const watched = (producer: types.Producer): types.Producer => {
      if (encrypted) watchReports(producer, () => ended(this, 'its packets can no longer be decrypted'));
      return producer;
    };
    watched(video);
    watched(sound);
    this.main = session.rests
      ? new RestingPicture({
          phoneId,
          runs: !rests,
          idleMs,
          run: async () => this.#soundIs((await sessions.runMain(session, fence)).audio),
          rest: () => sessions.restMain(session, fence),
          lost: () => ended(this, 'its session has let it go'),
          log,
        })
      : alwaysRuns;
    // Each one has an SSRC of its own: with a producer the worker forgets how far its SSRC had come, and session-svc must not.
    let ssrc = lowSsrc - 1;
    this.low = new LowLayer({
      produce: async () => {
        ssrc += 1;
        const rtpParameters = videoParameters(phoneId, ssrc);
        return watched(await transport.produce({ kind: 'video', rtpParameters }));
      },
      attach: () =>
        sessions.attachLow(session, {
          phoneId,
          fence,
          ssrc,
          payloadType: videoPayloadType,
          // A new producer knows no sequence number yet: any start will do.
          nextSequence: 0,
        }),
      detach: () =>
        sessions.detachLow(session, fence).then(
          () => true,
          // A session that is gone has ended it already.
          (error: unknown) => isAppError(error, 'SESSION_NOT_FOUND'),
        ),
      askKeyFrame: (reason) => askKeyFrame(reason, 'low'),
    });
    this.#counter = new PictureCounter(video, this.low);
  }

  /** Errors: FENCED, SESSION_NOT_FOUND, STREAM_FAILED, UNAVAILABLE from session-svc, SRTP_REQUIRED. Nothing is left behind then. */
  static async create(options: IngestOptions): Promise<Ingest> {
    const { router, session, listen } = options;
    const key = encrypts(listen.srtp, listen.ip, session) ? randomBytes(MASTER_BYTES) : undefined;
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: listen.ip, recvBufferSize: RECV_BUFFER },
      rtcpMux: true,
      comedia: false,
      enableSrtp: key !== undefined,
      srtpCryptoSuite: CRYPTO_SUITE,
    });
    try {
      const srtpParameters = key && { cryptoSuite: CRYPTO_SUITE, keyBase64: key.toString('base64') };
      await transport.connect({
        ip: session.rtpIp,
        port: session.rtpPort,
        ...(srtpParameters && { srtpParameters }),
      });
      const cname = session.phoneId;
      const video = await transport.produce({ kind: 'video', rtpParameters: videoParameters(cname) });
      const audio = await transport.produce({ kind: 'audio', rtpParameters: audioParameters(cname) });
      const rests = session.rests && !options.mainWanted();
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
        srtp: key && { cryptoSuite: CRYPTO_SUITE, key },
        rests,
      });
      const made = new Ingest(transport, video, audio, rests, attached, key !== undefined, options);
      if (!rests) made.#soundIs(attached.audio);
      return made;
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  get audio(): types.Producer | undefined {
    return this.#sounds === true ? this.#sound : undefined;
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

  counts(): Promise<Counts> {
    return this.#counter.counts();
  }

  /** Producers and, with them, all consumers close. May be called twice. */
  close(): void {
    this.main.close();
    this.low.close();
    this.#transport.close();
  }

  /** What is told first counts: viewers are not told of sound that comes or goes. */
  #soundIs(there: boolean): void {
    if (this.#sounds !== undefined) return;
    this.#sounds = there;
    if (!there) this.#sound.close();
  }
}
