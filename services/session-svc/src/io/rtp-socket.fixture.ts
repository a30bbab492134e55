import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Metrics } from '@ancloud/kit';
import { afterEach } from 'vitest';
import { RtpSocket } from './rtp-socket.js';
import { SessionMetrics } from './session-metrics.js';

interface Received {
  readonly bytes: Buffer;
  readonly port: number;
}

/** Senders and receivers for a spec, and the end of all of them behind each test. */
export function stageSockets() {
  const undo: (() => unknown)[] = [];
  afterEach(() => {
    for (const step of undo.splice(0)) step();
  });

  /** A receiver and what has come; `until` resolves when there are `count`. */
  async function receiver(ip = '127.0.0.1', at: { port: number } | { fd: number } = { port: 0 }) {
    const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4');
    undo.push(() => socket.close());
    const got: Received[] = [];
    let check = (): void => {};
    socket.on('message', (bytes, { port }) => {
      got.push({ bytes, port });
      check();
    });
    const listening = once(socket, 'listening');
    socket.bind({ address: ip, ...at });
    await listening;
    socket.setRecvBufferSize(4 << 20);
    return {
      port: socket.address().port,
      until: (count: number): Promise<Received[]> =>
        new Promise((resolve) => {
          check = () => {
            if (got.length >= count) resolve(got);
          };
          check();
        }),
    };
  }

  async function sender(ip = '127.0.0.1', options?: Parameters<typeof RtpSocket.create>[2]) {
    const registry = new Metrics('session-svc');
    undo.push(() => registry.close());
    const metrics = new SessionMetrics(registry, () => []);
    const socket = await RtpSocket.create(ip, metrics, options);
    undo.push(() => socket.close());
    return { socket, metrics };
  }

  return { receiver, sender };
}

/** Packets numbered from 0, as a picture's fragments are: of `mtu` bytes, the last one shorter. */
export function fragments(count: number, mtu: number, last: number): [Buffer, Buffer][] {
  return Array.from({ length: count }, (_, i) => {
    const header = Buffer.alloc(14, 0x80);
    header.writeUInt16BE(i, 2);
    return [header, Buffer.alloc((i === count - 1 ? last : mtu) - 14, i)];
  });
}
