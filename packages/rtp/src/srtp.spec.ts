import { createDecipheriv } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type AeadOf, nodeAead } from './aead.js';
import { opensslAead } from './openssl.js';
import { deriveSrtpKey, isSrtpSuite, sameSrtp, srtpMasterSize, srtpSessionKeys } from './srtp-keys.js';
import type { SrtpMaster } from './srtp-keys.js';
import { SRTCP_TRAILER_SIZE, SRTP_TAG_SIZE, SrtpSender } from './srtp.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const KEY_128 = '000102030405060708090a0b0c0d0e0f';
const KEY_256 = `${KEY_128}101112131415161718191a1b1c1d1e1f`;
/** "Quid pro quo" */
const SALT = '517569642070726f2071756f';

const senders: SrtpSender[] = [];
afterEach(() => {
  for (const sender of senders.splice(0)) sender.close();
});

function owned(sender: SrtpSender): SrtpSender {
  senders.push(sender);
  return sender;
}

/** The vectors of RFC 7714 begin at session keys. */
function senderOf(key: string, aeadOf: AeadOf): SrtpSender {
  const session = { key: hex(key), salt: hex(SALT) };
  return owned(new SrtpSender({ rtp: session, rtcp: session }, aeadOf));
}

const WAYS: [string, AeadOf][] = [
  ['node:crypto', nodeAead],
  ['OpenSSL', opensslAead],
];

/** The packet as it leaves, from the middle of a larger buffer, as slabs have it. */
function sealed(packet: string, way: (bytes: Uint8Array, start: number, end: number) => number): string {
  const plain = hex(packet);
  const slab = new Uint8Array(7 + plain.length + SRTCP_TRAILER_SIZE);
  slab.set(plain, 7);
  return text(slab.subarray(7, way(slab, 7, 7 + plain.length)));
}

describe('keys', () => {
  it.each([
    // RFC 3711, appendix B.3.
    [
      'e1f97a0d3e018be0d64fa32c06de4139',
      '0ec675ad498afeebb6960b3aabe6',
      'c61e7a93744f39ee10734afe3ff7a087',
      '30cbbc08863d8c85d49db34a9ae1',
      'cebe321f6ff7716b6fd4ab49af256a156d38baa4',
    ],
    // RFC 6188, section 7.2.
    [
      'f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6',
      '3b04803de51ee7c96423ab5b78d2',
      '5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4',
      'fa31791685ca444a9e07c6c64e93',
      'fd9c32d39ed5fbb5a9dc96b30818454d1313dc05',
    ],
  ])('are derived from a master (%s)', (key, salt, cipher, cipherSalt, auth) => {
    const derive = (label: number, like: string): string =>
      text(deriveSrtpKey(hex(key), hex(salt), label, like.length / 2));
    expect(derive(0, cipher)).toBe(cipher);
    expect(derive(1, auth)).toBe(auth);
    expect(derive(2, cipherSalt)).toBe(cipherSalt);
  });

  it('of RTP and of RTCP are four different ones', () => {
    const { rtp, rtcp } = srtpSessionKeys({ suite: 'AEAD_AES_256_GCM', key: hex(KEY_256 + SALT) });
    const [keys, salts] = [[rtp.key, rtcp.key].map(text), [rtp.salt, rtcp.salt].map(text)];
    expect(new Set(keys).size).toBe(2);
    expect(keys.map((key) => key.length)).toEqual([64, 64]);
    expect(new Set(salts).size).toBe(2);
    expect(salts.map((salt) => salt.length)).toEqual([24, 24]);
  });

  it('of a length that the suite does not have are refused, and not said', () => {
    const master: SrtpMaster = { suite: 'AEAD_AES_256_GCM', key: hex(KEY_128 + SALT) };
    let message = '';
    try {
      SrtpSender.fromMaster(master);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('28 bytes; AEAD_AES_256_GCM has 44');
    expect(message).not.toContain('0102');
  });

  it('are the same when suite and bytes are', () => {
    const one: SrtpMaster = { suite: 'AEAD_AES_128_GCM', key: hex(KEY_128 + SALT) };
    expect(sameSrtp(one, { ...one, key: hex(KEY_128 + SALT) })).toBe(true);
    expect(sameSrtp(one, { ...one, key: hex(KEY_128 + SALT.replace('f', 'e')) })).toBe(false);
    expect(sameSrtp(one, { ...one, suite: 'AEAD_AES_256_GCM' })).toBe(false);
    expect([sameSrtp(one, undefined), sameSrtp(undefined, one)]).toEqual([false, false]);
    expect(sameSrtp(undefined, undefined)).toBe(true);
  });

  it('suites are known by name', () => {
    expect([srtpMasterSize('AEAD_AES_128_GCM'), srtpMasterSize('AEAD_AES_256_GCM')]).toEqual([28, 44]);
    expect(isSrtpSuite('AEAD_AES_256_GCM')).toBe(true);
    expect(isSrtpSuite('AES_CM_128_HMAC_SHA1_80')).toBe(false);
    expect(isSrtpSuite('toString')).toBe(false);
  });
});

describe.each(WAYS)('RTP by %s', (_way, aeadOf) => {
  const HEADER = '8040f17b8041f8d35501a0b2';
  /** "Gallia est omnis divisa in partes tres" */
  const PLAIN = '47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573';

  it.each([
    [
      '16.1.1, AEAD_AES_128_GCM',
      KEY_128,
      'f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833' +
        '899d7f27beb16a9152cf765ee4390cce',
    ],
    [
      '16.2.1, AEAD_AES_256_GCM',
      KEY_256,
      '32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b' +
        '7aa3db36dfffd6b0f9bb7878d7a76c13',
    ],
  ])('is as in RFC 7714, section %s', (_, key, wanted) => {
    const sender = senderOf(key, aeadOf);
    expect(sealed(HEADER + PLAIN, (bytes, start, end) => sender.rtp(bytes, start, end))).toBe(
      HEADER + wanted,
    );
  });

  /** The index that a packet was encrypted by: the one by which it can be read. */
  function indexOf(
    packet: Uint8Array,
    keys: ReturnType<typeof srtpSessionKeys>,
    rollovers: number[],
  ): number {
    for (const roc of rollovers) {
      const nonce = Buffer.alloc(12);
      Buffer.from(packet).copy(nonce, 2, 8, 12);
      nonce.writeUInt32BE(roc, 6);
      Buffer.from(packet).copy(nonce, 10, 2, 4);
      const iv = nonce.map((byte, i) => byte ^ keys.rtp.salt[i]!);
      const decipher = createDecipheriv('aes-256-gcm', keys.rtp.key, iv);
      decipher.setAAD(packet.subarray(0, 12));
      decipher.setAuthTag(packet.subarray(-SRTP_TAG_SIZE));
      decipher.update(packet.subarray(12, -SRTP_TAG_SIZE));
      try {
        decipher.final();
        return roc * 0x1_0000 + ((packet[2]! << 8) | packet[3]!);
      } catch {
        // Of another index.
      }
    }
    throw new Error('it cannot be read by any of them');
  }

  function numbered(ssrc: number, sequence: number): Uint8Array {
    const packet = Buffer.alloc(14 + SRTP_TAG_SIZE);
    packet[0] = 0x80;
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE(ssrc, 8);
    return packet;
  }

  const master: SrtpMaster = { suite: 'AEAD_AES_256_GCM', key: hex(KEY_256 + SALT) };

  it('counts how often the sequence numbers have wrapped, for each SSRC by itself', () => {
    const sender = owned(SrtpSender.fromMaster(master, aeadOf));
    const keys = srtpSessionKeys(master);
    const send = (ssrc: number, sequence: number): number => {
      const packet = numbered(ssrc, sequence);
      sender.rtp(packet, 0, 14);
      return indexOf(packet, keys, [0, 1, 2, 3]);
    };
    const first = 0x7000;
    for (let index = first; index <= first + 2 * 0x1_0000; index += 1) {
      const packet = numbered(0xdead_beef, index & 0xffff);
      sender.rtp(packet, 0, 14);
      // Not each: reading takes as long as writing.
      if (index % 0x1000 === 0 || (index & 0xffff) <= 1 || (index & 0xffff) === 0xffff)
        expect(indexOf(packet, keys, [0, 1, 2, 3])).toBe(index);
    }
    expect(send(7, 0x9000)).toBe(0x9000);
    expect(send(7, 0)).toBe(0x1_0000);
    expect(send(0xdead_beef, 0xffff)).toBe(0x2_ffff);
  });

  it('uses no index twice, even for sequence numbers that stand still or go back', () => {
    const sender = owned(SrtpSender.fromMaster(master, aeadOf));
    const keys = srtpSessionKeys(master);
    const indexes = [5, 5, 4, 6, 0xffff, 0, 0].map((sequence) => {
      const packet = numbered(1, sequence);
      sender.rtp(packet, 0, 14);
      return indexOf(packet, keys, [0, 1, 2, 3, 4, 5]);
    });
    expect(indexes).toEqual([...new Set(indexes)].toSorted((a, b) => a - b));
  });

  it('has room for a counter of 32 bits in its nonce', () => {
    const sender = owned(SrtpSender.fromMaster(master, aeadOf));
    const keys = srtpSessionKeys(master);
    for (let wraps = 0; wraps < 0x1_0002; wraps += 1) sender.rtp(numbered(1, 0), 0, 14);
    const packet = numbered(1, 0);
    sender.rtp(packet, 0, 14);
    expect(indexOf(packet, keys, [2, 0x1_0002])).toBe(0x1_0002 * 0x1_0000);
  });
});

describe.each(WAYS)('a sender by %s', (_way, aeadOf) => {
  it('encrypts nothing once it is closed', () => {
    const sender = senderOf(KEY_256, aeadOf);
    const packet = new Uint8Array(100);
    expect(sender.rtp(packet, 0, 50)).toBe(50 + SRTP_TAG_SIZE);
    sender.close();
    sender.close();
    expect(() => sender.rtp(packet, 0, 50)).toThrow(expect.objectContaining({ code: 'RTP_CIPHER' }));
    expect(() => sender.rtcp(packet, 0, 50)).toThrow(expect.objectContaining({ code: 'RTP_CIPHER' }));
  });

  it.each([
    ['no room for a tag', 0, 100 - SRTP_TAG_SIZE + 1],
    ['its end before its beginning', 60, 30],
    ['a beginning before the buffer', -20, 40],
  ])('refuses a packet with %s', (_, start, end) => {
    const sender = senderOf(KEY_256, aeadOf);
    const packet = new Uint8Array(100);
    expect(() => sender.rtp(packet, start, end)).toThrow(expect.objectContaining({ code: 'RTP_CIPHER' }));
  });

  it('refuses a packet whose memory was given away', () => {
    const sender = senderOf(KEY_256, aeadOf);
    const packet = new Uint8Array(100);
    sender.rtp(packet, 0, 50);
    structuredClone(packet, { transfer: [packet.buffer] });
    expect(() => sender.rtp(packet, 0, 50)).toThrow(expect.objectContaining({ code: 'RTP_CIPHER' }));
  });
});

describe.each(WAYS)('RTCP by %s', (_way, aeadOf) => {
  const PREFIX = '81c8000d4d617273';
  const PLAIN = '4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';
  /** Of all vectors. */
  const INDEX = 0x5d4;

  it.each([
    [
      '17.1, AEAD_AES_128_GCM',
      KEY_128,
      '63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b' +
        'c84aa45896cf4d2fc5abf87245d9eade800005d4',
    ],
    [
      '17.2, AEAD_AES_256_GCM',
      KEY_256,
      'd50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad' +
        '1d1eb30c4446839f57ff6f6cb26ac3be800005d4',
    ],
  ])('is as in RFC 7714, section %s', (_, key, wanted) => {
    const sender = senderOf(key, aeadOf);
    const next = (): string => sealed(PREFIX + PLAIN, (bytes, start, end) => sender.rtcp(bytes, start, end));
    // RFC 3711 §3.4: the first has index 0.
    expect(next().slice(-8)).toBe('80000000');
    for (let index = 1; index < INDEX; index += 1) next();
    expect(next()).toBe(PREFIX + wanted);
  });

  it('counts for each SSRC by itself', () => {
    const sender = senderOf(KEY_128, aeadOf);
    const index = (ssrc: string): string =>
      sealed(`80c80001${ssrc}00000000`, (bytes, start, end) => sender.rtcp(bytes, start, end)).slice(-8);
    expect([index('00000001'), index('00000001'), index('00000002'), index('00000001')]).toEqual([
      '80000000',
      '80000001',
      '80000000',
      '80000002',
    ]);
  });
});
