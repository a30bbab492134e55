import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Metrics } from '@ancloud/kit';
import { afterEach, describe, expect, it } from 'vitest';
import { RtpSocket } from './rtp-socket.js';
import { SessionMetrics } from './session-metrics.js';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

async function receiver(): Promise<{ port: number; from: () => Promise<number> }> {
  const socket = createSocket('udp4');
  undo.push(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    from: async () => {
      const [, remote] = (await once(socket, 'message')) as [Buffer, { port: number }];
      return remote.port;
    },
  };
}

describe('RtpSocket', () => {
  it('keeps its port when the receiver changes, since a receiver knows the phone by it', async () => {
    const metrics = new Metrics('session-svc');
    undo.push(() => void metrics.close());
    const socket = await RtpSocket.create('127.0.0.1', new SessionMetrics(metrics, () => []));
    undo.push(() => socket.close());
    for (let i = 0; i < 3; i++) {
      const target = await receiver();
      await socket.connect({ ip: '127.0.0.1', port: target.port });
      const from = target.from();
      socket.send(Buffer.from('header'), Buffer.from('payload'), 'video');
      expect(await from).toBe(socket.port);
      if (i === 1) socket.disconnect();
    }
  });
});
