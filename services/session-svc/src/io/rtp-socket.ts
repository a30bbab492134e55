import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { AppError } from '@ancloud/kit';
import type { SessionMetrics } from './session-metrics.js';

/** A key frame leaves as one burst of some hundred packets. */
const SEND_BUFFER = 4 << 20;
const BIND_TRIES = 8;

export interface RtpTarget {
  readonly ip: string;
  readonly port: number;
}

/**
 * The UDP socket of one phone: RTP and RTCP of all its streams leave by it, so its port stays the same while media-svc,
 * video servers and options change. Owned by the session.
 */
export class RtpSocket {
  readonly ip: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #metrics: SessionMetrics;
  #target: RtpTarget | undefined;
  /** False while none is connected: what is sent then is dropped. */
  #open = false;
  #closed = false;

  /** Errors: PORT_TAKEN when `ip` is no address of this machine. */
  static async create(ip: string, metrics: SessionMetrics): Promise<RtpSocket> {
    for (let tries = 1; ; tries++) {
      try {
        // Bound by number, not by 0: Linux lets go of a port that it chose itself when the socket is disconnected
        // (net/ipv4/udp.c __udp_disconnect, SOCK_BINDPORT_LOCK), and media-svc knows the phone by this port.
        const socket = await bind(ip, await freePort(ip));
        return new RtpSocket(socket, ip, metrics);
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

  private constructor(socket: Socket, ip: string, metrics: SessionMetrics) {
    this.#socket = socket;
    this.ip = ip;
    this.port = socket.address().port;
    this.#metrics = metrics;
    socket.setSendBufferSize(SEND_BUFFER);
    // A media-svc that is gone answers with ICMP; the stream goes on until somebody detaches it.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      metrics.rtpErrors.inc({ code: error.code ?? 'other' }),
    );
    socket.unref();
  }

  /** From when it resolves, packets go to `target`. What is sent during the change is dropped. */
  async connect(target: RtpTarget): Promise<void> {
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
    if (this.#open) this.#socket.disconnect();
    this.#open = false;
  }

  /** Sends one packet, without a copy and without waiting; the kernel's buffer is the only queue. */
  send(header: Uint8Array, payload: Uint8Array, kind: 'video' | 'audio' | 'rtcp'): void {
    if (!this.#open) return;
    this.#socket.send([header, payload]);
    this.#metrics.rtpPackets[kind] += 1;
    this.#metrics.rtpBytes[kind] += header.length + payload.length;
  }

  /** May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.disconnect();
    this.#closed = true;
    this.#socket.close();
  }
}

async function freePort(ip: string): Promise<number> {
  const socket = await bind(ip, 0);
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function bind(ip: string, port: number): Promise<Socket> {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      reject(cause);
    });
    socket.bind({ address: ip, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  return socket;
}
