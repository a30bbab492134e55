import dgram from 'node:dgram';
import { once } from 'node:events';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { records } from '@ancloud/contracts';
import {
  type AttachStreamRequest,
  type AttachStreamResponse,
  SessionServiceService,
} from '@ancloud/contracts/session/v1/session';
import { SessionRecord, SessionState } from '@ancloud/contracts/state/v1/state';
import { buildSenderReport, SRTCP_TRAILER_SIZE, SrtpSender, type SrtpSuite } from '@ancloud/rtp';
import { recordsOf, type State } from '@ancloud/state';

export interface SendingOptions {
  readonly phoneId: string;
  /** What its record says: that it encrypts when it is asked to. */
  readonly srtp?: boolean;
}

/** Of packets: each is this, and a key frame: SPS, PPS and a slice as one STAP-A (RFC 6184). */
const PICTURE = Buffer.from('1800046742e01f0002680100036501ff', 'hex');
/** Packets between two reports. */
const REPORT_EVERY = 10;
/** More at once would be lost by a busy worker. */
const BURST = 100;

/** A session-svc with one phone, as a media-svc sees it: it sends packets to who attached last, and to nobody else. */
export class SendingSession {
  readonly attached: AttachStreamRequest[] = [];
  /** Of the next packet. Of a new key the first is this one too. */
  sequence = 1;
  readonly #server = new Server();
  readonly #socket = dgram.createSocket('udp4');
  #srtp: SrtpSender | undefined;
  /** To who attached last. */
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  static async start(state: State, { phoneId, srtp = false }: SendingOptions): Promise<SendingSession> {
    const made = new SendingSession();
    made.#socket.bind(0, '127.0.0.1');
    await once(made.#socket, 'listening');
    type Answer = (error: null, value: Partial<AttachStreamResponse>) => void;
    made.#server.addService(SessionServiceService, {
      attachStream: ({ request }: { request: AttachStreamRequest }, answer: Answer) => {
        made.#attach(request);
        answer(null, { width: 720, height: 1280, audio: false, rtpIp: '', rtpPort: 0 });
      },
      detachStream: (_: unknown, answer: Answer) => answer(null, {}),
    });
    const port = await new Promise<number>((resolve, reject) => {
      made.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    await recordsOf(state, records.session).set(
      { phone: phoneId },
      SessionRecord.fromPartial({
        phoneId,
        bootId: 'b1',
        state: SessionState.SESSION_STATE_READY,
        sessionAddress: `127.0.0.1:${port}`,
        rtpIp: '127.0.0.1',
        rtpPort: made.#socket.address().port,
        srtp,
      }),
      { ttlMs: 600_000 },
    );
    return made;
  }

  /** Sends a packet each 10 ms from now on, and a report with each tenth; or no more. */
  steady(on: boolean): void {
    clearInterval(this.#timer);
    this.#timer = on ? setInterval(() => void this.send(1), 10) : undefined;
  }

  /** Resolves when they are in the receiver's socket. */
  async send(count: number): Promise<void> {
    for (let left = count; left > 0; left -= BURST)
      await Promise.all(Array.from({ length: Math.min(left, BURST) }, () => this.#sendNext()));
  }

  /** As `send`, and never encrypted: what somebody else would send, from `socket` or the session's own. */
  async sendPlain(count: number, socket = this.#socket): Promise<void> {
    const to = this.#to();
    for (let i = 0; i < count; i += 1) await sent(socket, this.#packet(to, (this.sequence + i) & 0xffff), to);
  }

  /** What it sent before, once more. */
  async sendAgain(bytes: Buffer): Promise<void> {
    await sent(this.#socket, bytes, this.#to());
  }

  /** The next packet, which is sent, as it leaves. */
  async sendShown(): Promise<Buffer> {
    const bytes = this.#next();
    await sent(this.#socket, bytes, this.#to());
    return bytes;
  }

  close(): void {
    this.steady(false);
    this.#socket.close();
    this.#server.forceShutdown();
  }

  #attach(request: AttachStreamRequest): void {
    this.attached.push(request);
    this.#sent = 0;
    const { srtp } = request;
    this.#srtp = srtp && SrtpSender.fromMaster({ suite: srtp.cryptoSuite as SrtpSuite, key: srtp.key });
  }

  #to(): AttachStreamRequest {
    const to = this.attached.at(-1);
    if (to === undefined) throw new Error('nobody has attached');
    return to;
  }

  async #sendNext(): Promise<void> {
    if (this.attached.length === 0) return;
    await sent(this.#socket, this.#next(), this.#to());
    if (this.#sent % REPORT_EVERY === 0) await sent(this.#socket, this.#report(), this.#to());
  }

  #next(): Buffer {
    const packet = this.#packet(this.#to(), this.sequence & 0xffff);
    this.sequence += 1;
    this.#sent += 1;
    return this.#sealed('rtp', packet);
  }

  #report(): Buffer {
    const report = buildSenderReport({
      ssrc: this.#to().videoSsrc,
      unixUs: Date.now() * 1_000,
      rtpTimestamp: 0,
      packetCount: this.#sent,
      octetCount: this.#sent * PICTURE.length,
      cname: 'sender',
    });
    return this.#sealed('rtcp', Buffer.from(report));
  }

  #sealed(kind: 'rtp' | 'rtcp', packet: Buffer): Buffer {
    if (this.#srtp === undefined) return packet;
    const bytes = Buffer.concat([packet, Buffer.alloc(SRTCP_TRAILER_SIZE)]);
    return bytes.subarray(0, this.#srtp[kind](bytes, 0, packet.length));
  }

  #packet({ videoSsrc, videoPayloadType }: AttachStreamRequest, sequence: number): Buffer {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = 0x80 | videoPayloadType;
    header.writeUInt16BE(sequence, 2);
    header.writeUInt32BE((this.sequence * 900) >>> 0, 4);
    header.writeUInt32BE(videoSsrc, 8);
    return Buffer.concat([header, PICTURE]);
  }
}

function sent(socket: dgram.Socket, bytes: Buffer, { ip, port }: AttachStreamRequest): Promise<void> {
  // Nobody is there while a media-svc is dead: that is told by ICMP, of an earlier packet.
  return new Promise((resolve) => socket.send(bytes, port, ip, () => resolve()));
}
