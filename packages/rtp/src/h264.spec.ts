import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H264Packetizer, parseRtp, RtpTimeline } from './index.js';
import type { RtpPacket } from './index.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

const CONFIG = bytes('00000001 6742c01e 8d 00000001 68ce3c80');
const SPS = '6742c01e8d';
const PPS = '68ce3c80';
/** STAP-A: nri 3, type 24; size + SPS, size + PPS. */
const STAP = `780005${SPS}0004${PPS}`;
const HEAD = 'aabbccdd';

function setup(mtu?: number, sequence = 0xfffe) {
  const packets: string[] = [];
  const parsed: RtpPacket[] = [];
  const timeline = new RtpTimeline({ ssrc: 0xaabbccdd, payloadType: 96, clockRate: 90_000, sequence });
  const packetizer = new H264Packetizer({
    timeline,
    ...(mtu === undefined ? {} : { mtu }),
    emit(header, payload) {
      const whole = Buffer.concat([header, payload]);
      packets.push(whole.toString('hex'));
      parsed.push(parseRtp(whole));
    },
  });
  return { packetizer, packets, parsed, timeline };
}

describe('H264Packetizer', () => {
  it('leads an IDR with a STAP-A of the configuration; the marker ends the access unit', () => {
    const { packetizer, packets } = setup();
    packetizer.setConfig(CONFIG);
    expect(packetizer.hasConfig).toBe(true);
    expect(packetizer.packetize(bytes('00000001 65b8'), 1_000_000)).toBe(2);
    // V=2 | M, PT 96 | sequence, going over its end | 90,000 ticks | SSRC | payload
    expect(packets).toEqual(
      [`80 60 fffe 00015f90 ${HEAD} ${STAP}`, `80 e0 ffff 00015f90 ${HEAD} 65b8`].map((p) =>
        p.replaceAll(' ', ''),
      ),
    );
    packetizer.packetize(bytes('00000001 41aa 000001 41bb'), 1_033_333);
    expect(packets.slice(2)).toEqual(
      [`80 60 0000 00016b47 ${HEAD} 41aa`, `80 e0 0001 00016b47 ${HEAD} 41bb`].map((p) =>
        p.replaceAll(' ', ''),
      ),
    );
  });

  it('splits what is larger than the MTU into FU-A', () => {
    const { packetizer, packets } = setup(64, 0);
    // 1 + 110 bytes; room is 64 − 12 − 2 = 50 per fragment.
    const body = Buffer.alloc(110, 7).toString('hex');
    expect(packetizer.packetize(bytes(`000001 61${body}`), 0)).toBe(3);
    const part = (length: number): string => Buffer.alloc(length, 7).toString('hex');
    // Indicator: nri 3, type 28. FU header: S 0x80, E 0x40, type 1.
    expect(packets).toEqual([
      `8060000000000000${HEAD}7c81${part(50)}`,
      `8060000100000000${HEAD}7c01${part(50)}`,
      `80e0000200000000${HEAD}7c41${part(10)}`,
    ]);
  });

  it('sends a NAL unit of exactly the MTU whole, one byte more in two', () => {
    const { packetizer, parsed } = setup(64, 0);
    packetizer.packetize(bytes(`000001 41${'07'.repeat(51)}`), 0);
    packetizer.packetize(bytes(`000001 41${'07'.repeat(52)}`), 1_000_000);
    expect(parsed.map((p) => [p.payload.length, p.marker])).toEqual([
      [52, true],
      [52, false],
      [4, true],
    ]);
  });

  it('takes parameter sets from inside an access unit, newest first, and drops delimiters and filler', () => {
    const { packetizer, parsed } = setup(undefined, 0);
    packetizer.setConfig(CONFIG);
    packetizer.packetize(
      bytes(`000001 09f0 000001 6742c01f8d 000001 ${PPS} 000001 06aa 000001 0cff 000001 65b8`),
      0,
    );
    packetizer.packetize(bytes('000001 65b9'), 1000);
    expect(parsed.map((p) => hex(p.payload))).toEqual([
      `7800056742c01f8d0004${PPS}`,
      '06aa',
      '65b8',
      `7800056742c01f8d0004${PPS}`,
      '65b9',
    ]);
    expect(parsed.map((p) => p.marker)).toEqual([false, false, true, false, true]);
  });

  it('keeps its own copy of the configuration, and sends parameter sets one by one when they do not fit together', () => {
    const { packetizer, parsed } = setup(64, 0);
    const sps = `6742c01e8d${'11'.repeat(40)}`;
    const config = Buffer.from(`000001${sps}000001${PPS}`, 'hex');
    packetizer.setConfig(config);
    config.fill(0);
    packetizer.packetize(bytes('000001 65b8'), 0);
    expect(parsed.map((p) => hex(p.payload))).toEqual([sps, PPS, '65b8']);
  });

  it('forgets the sets of an older configuration', () => {
    const { packetizer, parsed } = setup(undefined, 0);
    packetizer.setConfig(bytes('000001 6742c01e8d 000001 68ce3c80 000001 685e3c80')); // PPS 0 and 1
    packetizer.setConfig(CONFIG);
    packetizer.packetize(bytes('000001 65b8'), 0);
    expect(hex(parsed[0]!.payload)).toBe(STAP);
  });

  it('emits nothing and does not move for an access unit without NAL units', () => {
    const { packetizer, timeline } = setup();
    expect(packetizer.packetize(bytes('00000001 09f0 ffff'), 0)).toBe(0);
    expect(packetizer.packetize(bytes('010203'), 0)).toBe(0);
    expect(timeline.state).toMatchObject({ sequence: 0xfffe, timestamp: undefined, packetCount: 0 });
  });

  it('copies no picture: payloads are views of the access unit', () => {
    const au = bytes(`000001 41${'07'.repeat(3000)}`);
    const buffers = new Set<ArrayBufferLike>();
    const timeline = new RtpTimeline({ ssrc: 1, payloadType: 96, clockRate: 90_000, sequence: 0 });
    const packetizer = new H264Packetizer({
      timeline,
      emit: (_header, payload) => buffers.add(payload.buffer),
    });
    packetizer.packetize(au, 0);
    expect([...buffers]).toEqual([au.buffer]);
  });

  it('round-trips access units of any NAL sizes through an independent depacketiser', () => {
    const nal = fc
      .tuple(fc.constantFrom(0x41, 0x61, 0x65, 0x06, 0x01), fc.integer({ min: 0, max: 5000 }), fc.nat(255))
      .map(([head, length, seed]) => {
        const unit = new Uint8Array(length + 1);
        // No 0 inside: then no start code can arise by chance.
        for (let i = 0; i <= length; i += 1) unit[i] = ((seed + i * 7) % 255) + 1;
        unit[0] = head;
        return unit;
      });
    fc.assert(
      fc.property(
        fc.array(nal, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 64, max: 1500 }),
        fc.boolean(),
        (units, mtu, long) => {
          const { packetizer, parsed } = setup(mtu, 0xfff0);
          packetizer.setConfig(CONFIG);
          const code = long ? [0, 0, 0, 1] : [0, 0, 1];
          const au = Uint8Array.from(units.flatMap((unit) => [...code, ...unit]));
          expect(packetizer.packetize(au, 5_000_000)).toBe(parsed.length);
          const idr = units.some((unit) => unit[0] === 0x65);
          const expected = [...(idr ? [bytes(SPS), bytes(PPS)] : []), ...units].map(hex);
          expect(depacketize(parsed).map(hex)).toEqual(expected);
          for (const [i, packet] of parsed.entries()) {
            expect(packet.payload.length + 12).toBeLessThanOrEqual(mtu);
            expect(packet.sequence).toBe((0xfff0 + i) & 0xffff);
            expect(packet.timestamp).toBe(450_000);
            expect(packet.marker).toBe(i === parsed.length - 1);
          }
        },
      ),
    );
  });

  it.each([63, 65_508, 1.5])('refuses an MTU of %d', (mtu) => {
    expect(() => setup(mtu)).toThrow(expect.objectContaining({ code: 'RTP_VALUE' }));
  });
});

/** RFC 6184 read from the other side, sharing no code with the packetiser. */
function depacketize(packets: readonly RtpPacket[]): Uint8Array[] {
  const units: Uint8Array[] = [];
  let open: number[] | undefined;
  for (const { payload } of packets) {
    const type = payload[0]! & 31;
    if (type === 24) {
      for (let at = 1; at < payload.length;) {
        const size = payload[at]! * 256 + payload[at + 1]!;
        units.push(payload.slice(at + 2, at + 2 + size));
        at += 2 + size;
      }
    } else if (type === 28) {
      const fu = payload[1]!;
      if ((fu & 0x80) !== 0) open = [(payload[0]! & 0xe0) | (fu & 31)];
      if (open === undefined || payload.length < 3) throw new Error('a fragment without start, or empty');
      open.push(...payload.subarray(2));
      if ((fu & 0x40) !== 0) {
        units.push(Uint8Array.from(open));
        open = undefined;
      }
    } else units.push(payload);
  }
  if (open !== undefined) throw new Error('a fragment without end');
  return units;
}
