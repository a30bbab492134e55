import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { fragments, stageSockets } from './rtp-socket.fixture.js';
import { openUdp } from './udp-syscalls.js';

const hasIpv6 = Object.values(os.networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const { receiver, sender } = stageSockets();

/** A port that somebody had: what is sent there is answered by ICMP. */
async function gone(): Promise<{ readonly port: number }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return { port };
}

/** Address, packets, bytes of the last one. */
type Case = [string, number, number];

describe('RtpSocket', () => {
  it('keeps its port when the receiver changes, since a receiver knows the phone by it', async () => {
    const { socket } = await sender();
    for (let i = 0; i < 3; i++) {
      const target = await receiver();
      await socket.connect({ ip: '127.0.0.1', port: target.port }, 1200);
      socket.send(Buffer.from('header'), Buffer.from('payload'), 'video');
      const [packet] = await target.until(1);
      expect(packet?.port).toBe(socket.port);
      expect(packet?.bytes.toString()).toBe('headerpayload');
      if (i === 1) socket.disconnect();
    }
  });

  it.each<Case>([
    ['127.0.0.1', 1, 1200],
    ['127.0.0.1', 42, 300],
    // More than one send may hold, by bytes (54 of 1200) and by number (64).
    ['127.0.0.1', 120, 1199],
    // A picture that ends with a packet of full size: nothing shorter tells its end.
    ['127.0.0.1', 42, 1200],
    ...(hasIpv6 ? ([['::1', 42, 300]] as Case[]) : []),
  ])(
    'sends a picture packet by packet, in order (%s, %i packets, the last of %i bytes)',
    async (ip, count, last) => {
      const { socket, metrics } = await sender(ip);
      const target = await receiver(ip);
      await socket.connect({ ip, port: target.port }, 1200);
      const packets = fragments(count, 1200, last);
      for (let picture = 1; picture <= 2; picture += 1) {
        for (const [header, payload] of packets) socket.send(header, payload, 'video');
        socket.flush();
        const got = await target.until(picture * count);
        expect(got.slice(-count).map(({ bytes }) => bytes.toString('hex'))).toEqual(
          packets.map((packet) => Buffer.concat(packet).toString('hex')),
        );
      }
      expect(metrics.rtpPackets.video).toBe(2 * count);
      expect(metrics.rtpBytes.video).toBe(2 * ((count - 1) * 1200 + last));
    },
  );

  it('keeps the order of what is smaller or larger than a full packet', async () => {
    const { socket } = await sender();
    const target = await receiver();
    await socket.connect({ ip: '127.0.0.1', port: target.port }, 100);
    const sizes = [40, 100, 100, 60, 100, 16, 100];
    for (const size of sizes) socket.send(Buffer.alloc(12), Buffer.alloc(size - 12), 'video');
    socket.flush();
    const got = await target.until(sizes.length);
    expect(got.map(({ bytes }) => bytes.length)).toEqual(sizes);
  });

  it('sends one by one where several cannot leave at once, also those that were refused', async () => {
    // More than any kernel cuts: EINVAL, as EIO where the way out computes no checksums.
    const { socket } = await sender('127.0.0.1', { maxSegments: 500 });
    const target = await receiver();
    await socket.connect({ ip: '127.0.0.1', port: target.port }, 64);
    const packets = fragments(300, 64, 20);
    for (const [header, payload] of packets) socket.send(header, payload, 'video');
    const expected = packets.map((packet) => Buffer.concat(packet).toString('hex'));
    expect((await target.until(300)).map(({ bytes }) => bytes.toString('hex'))).toEqual(expected);
    for (const [header, payload] of packets) socket.send(header, payload, 'video');
    expect((await target.until(600)).slice(300).map(({ bytes }) => bytes.toString('hex'))).toEqual(expected);
  });

  it('loses nothing to the ICMP answer for an earlier packet', async () => {
    const { socket, metrics } = await sender();
    const { port } = await gone();
    await socket.connect({ ip: '127.0.0.1', port }, 100);
    socket.send(Buffer.alloc(12), Buffer.alloc(1, 1), 'video');
    // In the same turn, before node has read the answer.
    const fd = openUdp('127.0.0.1', port);
    socket.send(Buffer.alloc(12), Buffer.alloc(2, 2), 'video');
    const target = await receiver('127.0.0.1', { fd });
    const [packet] = await target.until(1);
    expect(packet?.bytes.length).toBe(14);
    expect(metrics.rtpPackets.video).toBe(2);
  });

  it('drops what waits when nobody is connected any more', async () => {
    const { socket } = await sender();
    const [first, second] = [await receiver(), await receiver()];
    await socket.connect({ ip: '127.0.0.1', port: first.port }, 100);
    socket.send(Buffer.alloc(12), Buffer.alloc(88, 1), 'video');
    socket.disconnect();
    await socket.connect({ ip: '127.0.0.1', port: second.port }, 100);
    socket.send(Buffer.alloc(12), Buffer.alloc(8, 2), 'video');
    const [packet] = await second.until(1);
    expect(packet?.bytes.length).toBe(20);
  });

  it.each([
    ['an address that is not of this machine', '192.0.2.1'],
    ['what is no address', 'nowhere'],
  ])('refuses %s', async (_, ip) => {
    await expect(sender(ip)).rejects.toMatchObject({ code: 'PORT_TAKEN', value: ip });
  });
});
