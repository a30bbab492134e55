import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { closeSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { AppError } from '@ancloud/kit';
import type { SessionMetrics } from './session-metrics.js';
import { openUdp, segmentSends } from './udp-syscalls.js';

/** A key frame leaves as one burst of some hundred packets. */
const SEND_BUFFER = 4 << 20;
const BIND_TRIES = 8;
/** UDP_MAX_SEGMENTS of Linux before 6.9, include/linux/udp.h. */
const MAX_SEGMENTS = 64;
/** Of one send, over IPv4. */
const MAX_BYTES = 65_507;
/** What a send is refused with where it cannot be segmented: no checksum offload on the way out, a kernel with lower limits. */
const CANNOT_SEGMENT = new Set(['EIO', 'EINVAL', 'EMSGSIZE', 'EOPNOTSUPP']);

export interface RtpTarget {
  readonly ip: string;
  readonly port: number;
}

/**
 * The UDP socket of one phone: RTP and RTCP of all its streams leave by it, so its port stays the same while media-svc,
 * video servers and options change. Owned by the session.
 *
 * Packets of one size that follow each other, as a picture's fragments do, leave in one system call: the kernel cuts them apart
 * (UDP_SEGMENT). A key frame of 42 packets takes one call instead of 42.
 */
export class RtpSocket {
  readonly ip: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #maxSegments: number;
  readonly #metrics: SessionMetrics;
  #target: RtpTarget | undefined;
  /** False while none is connected: what is sent then is dropped. */
  #open = false;
  #closed = false;
  /** Bytes of a packet that may have another behind it in one send; 0 = each is sent alone. */
  #segment = 0;
  /** A send of several packets has gone well: the way out can do it. */
  #segments = false;
  /** Headers and payloads of packets that leave together. */
  #pending: Uint8Array[] = [];

  /** Errors: PORT_TAKEN when `ip` is no address of this machine. `maxSegments`: packets in one send; for specs. */
  static async create(ip: string, metrics: SessionMetrics, maxSegments = MAX_SEGMENTS): Promise<RtpSocket> {
    for (let tries = 1; ; tries++) {
      try {
        // Bound by number, not by 0: Linux lets go of a port that it chose itself when the socket is disconnected
        // (net/ipv4/udp.c __udp_disconnect, SOCK_BINDPORT_LOCK), and media-svc knows the phone by this port.
        const fd = openUdp(ip, await freePort(ip));
        return new RtpSocket(await adopt(ip, fd), fd, { ip, metrics, maxSegments });
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
    { ip, metrics, maxSegments }: { ip: string; metrics: SessionMetrics; maxSegments: number },
  ) {
    this.#socket = socket;
    this.#fd = fd;
    this.#maxSegments = maxSegments;
    this.ip = ip;
    this.port = socket.address().port;
    this.#metrics = metrics;
    socket.setSendBufferSize(SEND_BUFFER);
    // A media-svc that is gone answers with ICMP; the stream goes on until somebody detaches it.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      metrics.rtpErrors.inc({ code: error.code ?? 'other' });
      // The way out has changed to one that cannot. What was lost is asked for again.
      if (CANNOT_SEGMENT.has(error.code ?? '')) this.#sendSingly();
    });
    socket.unref();
  }

  /** From when it resolves, packets of at most `mtu` bytes go to `target`. What is sent during the change is dropped. */
  async connect(target: RtpTarget, mtu: number): Promise<void> {
    if (!this.#closed) this.#segmentAt(mtu);
    const same = this.#target?.ip === target.ip && this.#target.port === target.port;
    if (this.#closed || (same && this.#open)) return;
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
  }

  disconnect(): void {
    if (this.#target === undefined || this.#closed) return;
    this.#target = undefined;
    this.#pending = [];
    if (this.#open) this.#socket.disconnect();
    this.#open = false;
  }

  /**
   * Sends one packet, without a copy and without waiting; the kernel's buffer is the only queue. One of full size may wait
   * for the next, or for `flush`.
   */
  send(header: Uint8Array, payload: Uint8Array, kind: 'video' | 'audio' | 'rtcp'): void {
    if (!this.#open) return;
    const bytes = header.length + payload.length;
    this.#metrics.rtpPackets[kind] += 1;
    this.#metrics.rtpBytes[kind] += bytes;
    this.#pending.push(header, payload);
    // Only the last datagram of a send may be shorter than the others.
    const more = bytes === this.#segment && this.#pending.length < this.#maxPending;
    if (!more) this.flush();
  }

  /** Nothing follows for now. */
  flush(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    if (pending.length === 2 || this.#segments) this.#socket.send(pending);
    // Once for each way out: whether the kernel can cut there is known when it has.
    else this.#socket.send(pending, (error) => this.#tried(error, pending));
  }

  /** May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.disconnect();
    this.#closed = true;
    this.#socket.close();
  }

  get #maxPending(): number {
    return 2 * Math.min(this.#maxSegments, Math.floor(MAX_BYTES / this.#segment));
  }

  #segmentAt(bytes: number): void {
    this.flush();
    this.#segments = false;
    this.#segment = segmentSends(this.#fd, bytes) ? bytes : 0;
  }

  #tried(error: Error | null, pending: readonly Uint8Array[]): void {
    if (error === null) {
      this.#segments = true;
      return;
    }
    const code = (error as NodeJS.ErrnoException).code ?? 'other';
    this.#metrics.rtpErrors.inc({ code });
    // Any other error is of an earlier packet, told late by ICMP.
    if (!CANNOT_SEGMENT.has(code) || this.#closed) return;
    this.#sendSingly();
    if (!this.#open) return;
    for (let i = 0; i < pending.length; i += 2) this.#socket.send(pending.slice(i, i + 2));
  }

  #sendSingly(): void {
    if (this.#segment === 0 || this.#closed) return;
    this.#segment = 0;
    segmentSends(this.#fd, 0);
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
