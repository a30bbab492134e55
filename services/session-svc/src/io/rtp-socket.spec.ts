import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import os from 'node:os';
import { Metrics } from '@ancloud/kit';
import { type Aead, buildSenderReport, RtpError, type SrtpMaster } from '@ancloud/rtp';
import { opensslAead } from '@ancloud/rtp/openssl';
import { openSrtcp, openSrtp } from '@ancloud/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { RtpSocket } from './rtp-socket.js';
import { SessionMetrics } from './session-metrics.js';
import { openUdp } from './udp-syscalls.js';

const hasIpv6 = Object.values(os.networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

interface Received {
  readonly bytes: Buffer;
  readonly port: number;
}

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

/** A port that somebody had: what is sent there is answered by ICMP. */
async function gone(): Promise<{ readonly port: number }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return { port };
}

async function sender(ip = '127.0.0.1', options?: Parameters<typeof RtpSocket.create>[2]) {
  const registry = new Metrics('session-svc');
  undo.push(() => registry.close());
  const metrics = new SessionMetrics(registry, () => []);
  const socket = await RtpSocket.create(ip, metrics, options);
  undo.push(() => socket.close());
  return { socket, metrics };
}

/** Address, packets, bytes of the last one. */
type Case = [string, number, number];

/** Packets numbered from 0, as a picture's fragments are: of `mtu` bytes, the last one shorter. */
function fragments(count: number, mtu: number, last: number): [Buffer, Buffer][] {
  return Array.from({ length: count }, (_, i) => {
    const header = Buffer.alloc(14, 0x80);
    header.writeUInt16BE(i, 2);
    return [header, Buffer.alloc((i === count - 1 ? last : mtu) - 14, i)];
  });
}

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

  describe('with a key', () => {
    const newKey = (): SrtpMaster => ({ suite: 'AEAD_AES_256_GCM', key: randomBytes(44) });
    const report = buildSenderReport({
      ssrc: 0x8080_8080,
      unixUs: 0,
      rtpTimestamp: 0,
      packetCount: 1,
      octetCount: 1,
      cname: 'ph_1',
    });

    it('sends pictures and reports that only who has it can read, as many at once as before', async () => {
      const { socket, metrics } = await sender();
      const target = await receiver();
      const srtp = newKey();
      await socket.connect({ ip: '127.0.0.1', port: target.port }, 1200, srtp);
      const packets = fragments(42, 1200, 300);
      for (const [header, payload] of packets) socket.send(header, payload, 'video');
      socket.send(report, new Uint8Array(0), 'rtcp');
      socket.flush();
      const got = (await target.until(43)).map(({ bytes }) => bytes);
      expect(got.map(({ length }) => length)).toEqual([
        ...Array.from({ length: 41 }, () => 1216),
        316,
        report.length + 20,
      ]);
      for (const [i, [header, payload]] of packets.entries()) {
        const bytes = got[i] ?? Buffer.alloc(0);
        // What RTP itself needs is plain (RFC 3711), and nothing else is.
        expect(bytes.subarray(0, 12)).toEqual(header.subarray(0, 12));
        expect(bytes.includes(payload.subarray(0, 16))).toBe(false);
        const opened = openSrtp(bytes, srtp.key);
        expect(opened.toString('hex')).toBe(Buffer.concat([header.subarray(12), payload]).toString('hex'));
      }
      expect(openSrtcp(got[42] ?? Buffer.alloc(0), srtp.key)).toEqual({
        rtcp: Buffer.from(report),
        index: 0,
      });
      expect(() => openSrtp(got[0] ?? Buffer.alloc(0), newKey().key)).toThrow('unable to authenticate');
      expect(metrics.rtpBytes.video).toBe(41 * 1216 + 316);
    });

    it('cuts them apart one by one where the kernel does not, each once', async () => {
      const { socket } = await sender('127.0.0.1', { maxSegments: 500 });
      const target = await receiver();
      const srtp = newKey();
      await socket.connect({ ip: '127.0.0.1', port: target.port }, 64, srtp);
      const packets = fragments(300, 64, 20);
      for (const [header, payload] of packets) socket.send(header, payload, 'video');
      const got = await target.until(300);
      const opened = got.map(({ bytes }) => openSrtp(bytes, srtp.key).toString('hex'));
      expect(opened).toEqual(
        packets.map(([header, payload]) => Buffer.concat([header.subarray(12), payload]).toString('hex')),
      );
    });

    it('never begins anew with one that it had: nobody may see two packets of one index', async () => {
      const { socket } = await sender();
      const target = await receiver();
      const srtp = newKey();
      const at = { ip: '127.0.0.1', port: target.port };
      const [header, payload] = fragments(1, 100, 100)[0] ?? [Buffer.alloc(0), Buffer.alloc(0)];
      const send = (): void => {
        socket.send(header, payload, 'video');
        socket.send(report, new Uint8Array(0), 'rtcp');
        socket.flush();
      };
      await socket.connect(at, 1200, srtp);
      send();
      socket.disconnect();
      // Whoever asks twice tells the same bytes, and not the same object.
      await socket.connect(at, 1200, { ...srtp, key: Buffer.from(srtp.key) });
      send();
      await socket.connect(at, 1200, srtp);
      send();
      const got = (await target.until(6)).map(({ bytes }) => bytes);
      const rtp = got.filter((_, i) => i % 2 === 0);
      for (const [rollovers, bytes] of rtp.entries()) openSrtp(bytes, srtp.key, rollovers);
      const rtcp = got.filter((_, i) => i % 2 === 1);
      expect(rtcp.map((bytes) => openSrtcp(bytes, srtp.key).index)).toEqual([0, 1, 2]);
      // Another key counts from the beginning, and without one all is plain.
      const other = newKey();
      await socket.connect(at, 1200, other);
      send();
      await socket.connect(at, 1200);
      send();
      const [one, , plain] = (await target.until(10)).slice(6).map(({ bytes }) => bytes);
      openSrtp(one ?? Buffer.alloc(0), other.key);
      expect(plain).toEqual(Buffer.concat([header, payload]));
    });
  });

  describe('what encrypts', () => {
    /** OpenSSL’s, which can be made to fail, and counts those that are open. */
    function watched() {
      const at = { open: 0, broken: false };
      const aeadOf = (key: Uint8Array): Aead => {
        const aead = opensslAead(key);
        let closed = false;
        at.open += 1;
        return {
          seal: (...packet) => {
            if (at.broken) throw new RtpError('RTP_CIPHER', 'as when OpenSSL refuses');
            return aead.seal(...packet);
          },
          close: () => {
            if (!closed) at.open -= 1;
            closed = true;
            aead.close();
          },
        };
      };
      return { at, aeadOf };
    }
    const newKey = (): SrtpMaster => ({ suite: 'AEAD_AES_256_GCM', key: randomBytes(44) });

    it('is let go of with its key, and with the socket', async () => {
      const { at, aeadOf } = watched();
      const { socket } = await sender('127.0.0.1', { aeadOf });
      const target = await receiver();
      const to = { ip: '127.0.0.1', port: target.port };
      const srtp = newKey();
      // One for RTP, one for RTCP.
      for (const key of [srtp, srtp, newKey(), undefined, newKey()]) {
        await socket.connect(to, 1200, key);
        expect(at.open).toBe(2);
      }
      socket.close();
      expect(at.open).toBe(0);
      // Too late: there is nobody who would close what that opened.
      await socket.connect(to, 1200, newKey());
      expect(at.open).toBe(0);
    });

    it('loses what it fails at, which leaves in no other way, and goes on', async () => {
      const { at, aeadOf } = watched();
      const { socket, metrics } = await sender('127.0.0.1', { aeadOf });
      const target = await receiver();
      const srtp = newKey();
      await socket.connect({ ip: '127.0.0.1', port: target.port }, 1200, srtp);
      const packets = fragments(3, 1200, 300);
      for (const [i, [header, payload]] of packets.entries()) {
        at.broken = i === 1;
        socket.send(header, payload, 'video');
      }
      socket.flush();
      const got = (await target.until(2)).map(({ bytes }) => bytes);
      expect(got.map((bytes) => bytes.readUInt16BE(2))).toEqual([0, 2]);
      for (const bytes of got) openSrtp(bytes, srtp.key);
      expect(metrics.rtpPackets.video).toBe(2);
    });
  });

  it.each([
    ['an address that is not of this machine', '192.0.2.1'],
    ['what is no address', 'nowhere'],
  ])('refuses %s', async (_, ip) => {
    await expect(sender(ip)).rejects.toMatchObject({ code: 'PORT_TAKEN', value: ip });
  });
});
