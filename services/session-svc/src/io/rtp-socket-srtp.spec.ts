import { randomBytes } from 'node:crypto';
import { type Aead, buildSenderReport, RtpError, type SrtpMaster } from '@ancloud/rtp';
import { opensslAead } from '@ancloud/rtp/openssl';
import { openSrtcp, openSrtp } from '@ancloud/testkit';
import { describe, expect, it } from 'vitest';
import { fragments, stageSockets } from './rtp-socket.fixture.js';

const { receiver, sender } = stageSockets();

describe('RtpSocket', () => {
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
});
