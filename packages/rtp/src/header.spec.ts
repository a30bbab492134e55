import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSenderReport, parseRtp, RtpError } from './index.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('parseRtp', () => {
  it('reads CSRCs, extension and padding away', () => {
    const packet = parseRtp(bytes('b1 e0 0102 03040506 0708090a 0b0c0d0e bede0001 10aa0000 c0ffee 0002'));
    expect(packet).toEqual({
      marker: true,
      payloadType: 96,
      sequence: 0x0102,
      timestamp: 0x03040506,
      ssrc: 0x0708090a,
      csrcs: [0x0b0c0d0e],
      extension: { profile: 0xbede, data: bytes('10aa0000') },
      payload: bytes('c0ffee'),
    });
  });

  it.each([
    ['80 60 0000 00000000 000000'],
    ['40 60 0000 00000000 00000000'],
    ['81 60 0000 00000000 00000000'],
    ['90 60 0000 00000000 00000000'],
    ['90 60 0000 00000000 00000000 bede0001'],
    ['a0 60 0000 00000000 00000000 00'],
    ['a0 60 0000 00000000 00000000 02'],
  ])('refuses %s', (packet) => {
    expect(() => parseRtp(bytes(packet))).toThrow(expect.objectContaining({ code: 'RTP_MALFORMED' }));
  });

  it('has only its own errors for hostile bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (packet) => {
        let failure: unknown;
        try {
          parseRtp(packet);
        } catch (error) {
          failure = error;
        }
        expect(failure === undefined || failure instanceof RtpError).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('buildSenderReport', () => {
  const report = {
    ssrc: 0x01020304,
    unixUs: 1_500_000,
    rtpTimestamp: 0xaabbccdd,
    packetCount: 5,
    octetCount: 6000,
    cname: 'ph',
  };

  it('is SR, then SDES with the CNAME', () => {
    expect(Buffer.from(buildSenderReport(report)).toString('hex')).toBe(
      // 1970-01-01 00:00:01.5 in NTP: 0x83aa7e81, half of 2^32
      '80c80006 01020304 83aa7e81 80000000 aabbccdd 00000005 00001770 81ca0003 01020304 0102 7068 00000000'.replaceAll(
        ' ',
        '',
      ),
    );
  });

  it.each(['a', 'ab', 'abc', 'abcd', 'abcde'])('ends on a 32-bit boundary with a null behind %s', (cname) => {
    const packet = buildSenderReport({ ...report, cname });
    expect(packet.length % 4).toBe(0);
    expect(packet[28 + 4 + 4 + 2 + cname.length]).toBe(0);
    expect((packet[30]! * 256 + packet[31]! + 1) * 4).toBe(packet.length - 28);
  });

  it('refuses a CNAME that cannot be sent', () => {
    expect(() => buildSenderReport({ ...report, cname: '' })).toThrow(
      expect.objectContaining({ code: 'RTP_VALUE' }),
    );
  });
});
