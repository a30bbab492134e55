import { describe, expect, it } from 'vitest';
import { OpusPacketizer, opusSamples, parseRtp, RtpTimeline } from './index.js';
import type { RtpPacket } from './index.js';

function setup() {
  const packets: RtpPacket[] = [];
  const raw: string[] = [];
  const timeline = new RtpTimeline({ ssrc: 0x01020304, payloadType: 111, clockRate: 48_000, sequence: 7 });
  const packetizer = new OpusPacketizer({
    timeline,
    emit(header, payload) {
      const whole = Buffer.concat([header, payload]);
      raw.push(whole.toString('hex'));
      packets.push(parseRtp(whole));
    },
  });
  return { packetizer, packets, raw };
}
/** CELT full band 20 ms, one frame. */
const FRAME = Uint8Array.of(0xfc, 1, 2);

describe('OpusPacketizer', () => {
  it('puts one packet into one, marked at the start', () => {
    const { packetizer, raw } = setup();
    expect(packetizer.packetize(FRAME, 1_000_000)).toBe(1);
    packetizer.packetize(FRAME, 1_020_000);
    expect(raw).toEqual(['80ef00070000bb8001020304fc0102', '806f00080000bf4001020304fc0102']);
  });

  it('counts samples through jitter, follows the clock over a gap, never goes back', () => {
    const { packetizer, packets } = setup();
    for (const hostUs of [0, 25_000, 38_000, 500_000, 519_000, 100_000]) packetizer.packetize(FRAME, hostUs);
    expect(packets.map((p) => p.timestamp)).toEqual([0, 960, 1920, 24_000, 24_960, 24_961]);
    expect(packets.map((p) => p.marker)).toEqual([true, false, false, true, false, true]);
  });

  it('leaves out empty packets and refuses what does not fit or tick', () => {
    const { packetizer } = setup();
    expect(packetizer.packetize(new Uint8Array(0), 0)).toBe(0);
    expect(() => packetizer.packetize(new Uint8Array(1189), 0)).toThrow(
      expect.objectContaining({ code: 'RTP_TOO_LARGE' }),
    );
    const timeline = new RtpTimeline({ ssrc: 1, payloadType: 111, clockRate: 90_000, sequence: 0 });
    expect(() => new OpusPacketizer({ timeline, emit: () => undefined })).toThrow(
      expect.objectContaining({ code: 'RTP_VALUE' }),
    );
  });

  // RFC 6716 table 2: TOC = config << 3 | stereo << 2 | count code
  it.each([
    [[0 << 3], 480],
    [[3 << 3], 2880],
    [[12 << 3], 480],
    [[15 << 3], 960],
    [[16 << 3], 120],
    [[31 << 3], 960],
    [[(31 << 3) | 1], 1920],
    [[(31 << 3) | 2], 1920],
    [[(31 << 3) | 3, 6], 5760],
    [[(31 << 3) | 3, 7], 0], // 140 ms is ill-formed
    [[], 0],
  ])('TOC %o is %i samples', (packet, samples) => expect(opusSamples(Uint8Array.from(packet))).toBe(samples));
});
