import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { closeSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { AppError } from '@ancloud/kit';
import {
  type AeadOf,
  RtpError,
  sameSrtp,
  SRTCP_TRAILER_SIZE,
  SRTP_TAG_SIZE,
  type SrtpMaster,
  SrtpSender,
} from '@ancloud/rtp';
import { opensslAead } from '@ancloud/rtp/openssl';
import type { SessionMetrics } from './session-metrics.js';
import { openUdp, segmentSends, sendNow } from './udp-syscalls.js';

/** A key frame leaves as one burst of some hundred packets. */
const SEND_BUFFER = 4 << 20;
const BIND_TRIES = 8;
/** UDP_MAX_SEGMENTS of Linux before 6.9, include/linux/udp.h. */
const MAX_SEGMENTS = 64;
/** Of one send, over IPv4. */
const MAX_BYTES = 65_507;
/** What a send is refused with where it cannot be segmented: no checksum offload on the way out, a kernel with lower limits. */
const CANNOT_SEGMENT = new Set(['EIO', 'EINVAL', 'EMSGSIZE', 'EOPNOTSUPP']);

/** Given by specs. */
interface SocketOptions {
  /** Packets in one send. Default 64. */
  readonly maxSegments?: number;
  /** What encrypts. Default OpenSSL. */
  readonly aeadOf?: AeadOf;
}

export interface RtpTarget {
  readonly ip: string;
  readonly port: number;
}

/**
 * The UDP socket of one phone: RTP and RTCP of all its streams leave by it, so its port stays the same while media-svc,
 * video servers and options change. Owned by the session.
 *
 * Packets of one size that follow each other, as a picture's fragments do, leave in one system call: the kernel cuts them apart
 * (UDP_SEGMENT). A key frame of 42 packets takes one call instead of 42. They are copied once, into the slab that it is sent from; the
 * kernel has its own copy when the call returns, so one slab serves for good. Where they are encrypted it is there, in place.
 */
export class RtpSocket {
  readonly ip: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #maxSegments: number;
  readonly #aeadOf: AeadOf;
  readonly #metrics: SessionMetrics;
  /** The newest key and what counts for it, owned. Kept while nobody is connected: who asks again with that key must not begin at its first nonce. */
  #srtp: { readonly master: SrtpMaster; readonly sender: SrtpSender } | undefined;
  /** Of `#srtp`, while packets are to be encrypted. */
  #sealer: SrtpSender | undefined;
  #target: RtpTarget | undefined;
  /** False while none is connected: what is sent then is dropped. */
  #open = false;
  #closed = false;
  /** Bytes of a packet that may have another behind it in one send; 0 = each is sent alone. */
  #segment = 0;
  /** Packets that leave together, one behind the other: `#pending` of them in the first `#filled` bytes. */
  readonly #slab = Buffer.allocUnsafeSlow(MAX_BYTES);
  #filled = 0;
  #pending = 0;

  /** Errors: PORT_TAKEN when `ip` is no address of this machine. */
  static async create(
    ip: string,
    metrics: SessionMetrics,
    { maxSegments = MAX_SEGMENTS, aeadOf = opensslAead }: SocketOptions = {},
  ): Promise<RtpSocket> {
    for (let tries = 1; ; tries++) {
      try {
        // Bound by number, not by 0: Linux lets go of a port that it chose itself when the socket is disconnected
        // (net/ipv4/udp.c __udp_disconnect, SOCK_BINDPORT_LOCK), and media-svc knows the phone by this port.
        const fd = openUdp(ip, await freePort(ip));
        return new RtpSocket(await adopt(ip, fd), fd, { ip, metrics, maxSegments, aeadOf });
      } catch (cause) {
        const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
        // Somebody took the port between the two binds.
        if (taken && tries < BIND_TRIES) continue;
        const why = cause instanceof Error ? cause.message : String(cause);
        const fix = 'set ANCLOUD_RTP_LISTEN_IP to an address of this machine';
        throw new AppError('PORT_TAKEN', `binding RTP to ${ip}: ${why}`, { value: ip, fix, cause });
      }
    }
  }

  private constructor(
    socket: Socket,
    fd: number,
    options: Required<SocketOptions> & { readonly ip: string; readonly metrics: SessionMetrics },
  ) {
    const { ip, metrics, maxSegments, aeadOf } = options;
    this.#socket = socket;
    this.#fd = fd;
    this.#maxSegments = maxSegments;
    this.#aeadOf = aeadOf;
    this.ip = ip;
    this.port = socket.address().port;
    this.#metrics = metrics;
    socket.setSendBufferSize(SEND_BUFFER);
    // A media-svc that is gone answers with ICMP; the stream goes on until somebody detaches it.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      metrics.rtpErrors.inc({ code: error.code ?? 'other' });
    });
    socket.unref();
  }

  /**
   * From when it resolves, packets of at most `mtu` bytes go to `target`, encrypted by `srtp`, which makes them longer. What is sent
   * during the change is dropped.
   */
  async connect(target: RtpTarget, mtu: number, srtp?: SrtpMaster): Promise<void> {
    if (this.#closed) return;
    this.#segmentAt(srtp === undefined ? mtu : mtu + SRTP_TAG_SIZE);
    this.#encryptBy(srtp);
    if (this.#target?.ip === target.ip && this.#target.port === target.port && this.#open) return;
    this.disconnect();
    this.#target = target;
    await new Promise<void>((resolve, reject) => {
      this.#socket.connect(target.port, target.ip, (cause?: Error) => {
        if (cause === undefined) resolve();
        else
          reject(
            new AppError('INVALID_ARGUMENT', `sending RTP to ${target.ip}:${target.port}: ${cause.message}`, {
              field: 'ip',
              value: target.ip,
              fix: `give an address that can be reached from ${this.ip}`,
              cause,
            }),
          );
      });
    });
    this.#open = true;
    this.#metrics.rtpAttached.inc({ srtp: srtp === undefined ? 'no' : 'yes' });
  }

  disconnect(): void {
    if (this.#target === undefined || this.#closed) return;
    this.#target = undefined;
    this.#forget();
    if (this.#open) this.#socket.disconnect();
    this.#open = false;
  }

  /**
   * Sends one packet, without waiting; the kernel's buffer is the only queue. One of full size may wait for the next, or for `flush`.
   */
  send(header: Uint8Array, payload: Uint8Array, kind: 'video' | 'audio' | 'rtcp'): void {
    if (!this.#open) return;
    let bytes = header.length + payload.length;
    if (this.#filled + bytes + SRTCP_TRAILER_SIZE > MAX_BYTES) this.flush();
    const start = this.#filled;
    this.#slab.set(header, start);
    this.#slab.set(payload, start + header.length);
    if (this.#sealer !== undefined) {
      const end = this.#seal(this.#sealer, kind, start, start + bytes);
      if (end === undefined) return;
      bytes = end - start;
    }
    this.#metrics.rtpPackets[kind] += 1;
    this.#metrics.rtpBytes[kind] += bytes;
    this.#filled += bytes;
    this.#pending += 1;
    // Only the last datagram of a send may be shorter than the others.
    const more =
      bytes === this.#segment && this.#pending < this.#maxSegments && this.#filled + bytes <= MAX_BYTES;
    if (!more) this.flush();
  }

  /** Nothing follows for now. */
  flush(): void {
    const size = this.#filled;
    if (size === 0) return;
    const several = this.#pending > 1;
    this.#forget();
    const refused = this.#put(this.#slab, size);
    if (refused === undefined || !several || !CANNOT_SEGMENT.has(refused)) return;
    // The way out cannot cut, or has changed to one that cannot.
    const segment = this.#segment;
    this.#segment = 0;
    segmentSends(this.#fd, 0);
    for (let at = 0; at < size; at += segment) {
      const packet = this.#slab.subarray(at, Math.min(at + segment, size));
      this.#put(packet, packet.length);
    }
  }

  /** May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.disconnect();
    this.#closed = true;
    this.#sealer = undefined;
    this.#srtp?.sender.close();
    this.#srtp = undefined;
    this.#socket.close();
  }

  /** Answers where the packet ends now; undefined when it could not be encrypted: then it is lost, as one that the kernel refused. */
  #seal(
    sealer: SrtpSender,
    kind: 'video' | 'audio' | 'rtcp',
    start: number,
    end: number,
  ): number | undefined {
    try {
      return kind === 'rtcp' ? sealer.rtcp(this.#slab, start, end) : sealer.rtp(this.#slab, start, end);
    } catch (error) {
      if (!(error instanceof RtpError)) throw error;
      this.#metrics.rtpErrors.inc({ code: error.code });
      return undefined;
    }
  }

  /** Answers why the kernel did not take it. */
  #put(bytes: Uint8Array, size: number): string | undefined {
    let refused = sendNow(this.#fd, bytes, size);
    if (refused === undefined) return undefined;
    this.#metrics.rtpErrors.inc({ code: refused });
    if (refused === 'EAGAIN' || CANNOT_SEGMENT.has(refused)) return refused;
    // Any other is of an earlier packet, told late by ICMP, and told once: this one has not been tried yet.
    refused = sendNow(this.#fd, bytes, size);
    if (refused !== undefined) this.#metrics.rtpErrors.inc({ code: refused });
    return refused;
  }

  #encryptBy(srtp: SrtpMaster | undefined): void {
    if (srtp !== undefined && !sameSrtp(srtp, this.#srtp?.master)) {
      const sender = SrtpSender.fromMaster(srtp, this.#aeadOf);
      this.#srtp?.sender.close();
      this.#srtp = { master: srtp, sender };
    }
    this.#sealer = srtp === undefined ? undefined : this.#srtp?.sender;
  }

  #forget(): void {
    this.#filled = 0;
    this.#pending = 0;
  }

  #segmentAt(bytes: number): void {
    this.flush();
    this.#segment = segmentSends(this.#fd, bytes) ? bytes : 0;
  }
}

/** node's socket around a bound one; closes it when it cannot be. */
async function adopt(ip: string, fd: number): Promise<Socket> {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      // One that node did not take is still ours.
      closeSync(fd);
      reject(cause);
    });
    socket.bind({ fd }, resolve);
  });
  socket.removeAllListeners('error');
  return socket;
}

async function freePort(ip: string): Promise<number> {
  const socket = await adopt(ip, openUdp(ip, 0));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
