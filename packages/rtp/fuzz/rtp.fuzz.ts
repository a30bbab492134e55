import {
  forEachNal,
  H264Depacketizer,
  H264Packetizer,
  isIdr,
  nalTypes,
  OPUS_CLOCK_RATE,
  OpusPacketizer,
  opusSamples,
  parseRtp,
  RtpError,
  RtpTimeline,
  sizeFromConfig,
} from '@ancloud/rtp';
import { damagedBytes, FUZZ_MS, fuzzSettings, SyntheticH264 } from '@ancloud/testkit';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';

const encoder = new SyntheticH264(320, 240);
const config = encoder.config();
/** A key frame in fragments, a picture in fragments and one of ten bytes: with the parameter sets, each way in which RFC 6184 carries a unit. */
const units = [encoder.idr(20), encoder.next(90), encoder.next()];
const timeline = (sequence = 65_530, clockRate = 90_000): RtpTimeline =>
  new RtpTimeline({ ssrc: 1, payloadType: 102, clockRate, sequence });

function packetsOf(mtu: number): Buffer[] {
  const packets: Buffer[] = [];
  const packetizer = new H264Packetizer({
    timeline: timeline(),
    mtu,
    emit: (header, payload) => packets.push(Buffer.concat([header, payload])),
  });
  packetizer.setConfig(config);
  units.forEach((unit, at) => packetizer.packetize(unit, at * 33_333));
  return packets;
}
const good = [...packetsOf(200), ...packetsOf(1_200)];
/** A whole header, and behind it hardly anything, by each type that RFC 6184 knows. */
const short = fc
  .tuple(fc.constantFrom(1, 5, 7, 8, 24, 25, 28, 29, 31), fc.uint8Array({ maxLength: 4 }), fc.nat(65_535))
  .map(([type, behind, sequence]) => {
    const bytes = Buffer.concat([good[0]!.subarray(0, 12), Buffer.from([0x60 | type]), behind]);
    bytes.writeUInt16BE(sequence, 2);
    return bytes.subarray(0, 12 + (sequence % (behind.length + 2)));
  });
/** With padding (RFC 3550 §5.1), of a length that is so or is not. */
const padded = fc
  .tuple(fc.constantFrom(...good), fc.nat(40), fc.constantFrom(0, 0, 0, 1, 200))
  .map(([bytes, length, more]) => {
    const copy = Buffer.concat([bytes, Buffer.alloc(length), Buffer.from([(length + 1 + more) & 0xff])]);
    copy[0]! |= 0x20;
    return copy;
  });
const packet = fc.oneof(
  damagedBytes(good, 20),
  short,
  padded,
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);

it(
  'a packet is read whole, or refused as none',
  () => {
    fc.assert(
      fc.property(packet, (bytes) => {
        try {
          const { payload, extension, csrcs } = parseRtp(bytes);
          const padding = (bytes[0]! & 0x20) === 0 ? 0 : bytes.at(-1)!;
          const extended = extension === undefined ? 0 : 4 + extension.data.length;
          expect(12 + csrcs.length * 4 + extended + payload.length + padding).toBe(bytes.length);
        } catch (error) {
          if (!(error instanceof RtpError)) throw error;
          expect(error.code).toBe('RTP_MALFORMED');
        }
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);

it(
  'whatever came before, a whole key frame is handed on as it was encoded',
  () => {
    const wanted: Buffer[] = [];
    forEachNal(config, (start, end) => wanted.push(Buffer.from(config.subarray(start, end))));
    fc.assert(
      fc.property(fc.array(fc.oneof(packet, fc.constantFrom(...good)), { maxLength: 40 }), (before) => {
        const read: { readonly keyFrame: boolean; readonly nals: readonly Uint8Array[] }[] = [];
        const depacketizer = new H264Depacketizer(
          (unit) => read.push(unit),
          () => undefined,
        );
        let last: number | undefined;
        for (const bytes of before) {
          try {
            const parsed = parseRtp(bytes);
            // What is behind does not count, as for the receiver.
            const ahead = last === undefined ? 1 : (parsed.sequence - last) & 0xffff;
            if (ahead > 0 && ahead < 0x8000) last = parsed.sequence;
            depacketizer.push(parsed);
          } catch (error) {
            if (!(error instanceof RtpError)) throw error;
          }
        }
        // A picture is never handed on before a key frame, nor without a unit.
        expect(read[0]?.keyFrame ?? true).toBe(true);
        expect(read.every(({ nals }) => nals.length > 0)).toBe(true);
        // The end of what was under way, and then a key frame: a gap before it, as of a stream that begins anew.
        read.length = 0;
        const sender = new H264Packetizer({
          timeline: timeline(((last ?? 0) + 300) & 0xffff),
          mtu: 200,
          emit: (header, payload) => depacketizer.push(parseRtp(Buffer.concat([header, payload]))),
        });
        sender.setConfig(config);
        for (const unit of [units[0]!, units[0]!]) sender.packetize(unit, 1_000_000 + read.length);
        const newest = read.at(-1);
        expect(newest?.keyFrame).toBe(true);
        expect(newest?.nals.slice(0, wanted.length).map((nal) => Buffer.from(nal))).toEqual(wanted);
      }),
      fuzzSettings(200),
    );
  },
  FUZZ_MS,
);

it(
  'configurations, access units and Opus packets of any bytes are looked at without harm',
  () => {
    const annexB = fc.oneof(
      damagedBytes([config, units[0]!, units[1]!], 64),
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(annexB, (bytes) => {
        const size = sizeFromConfig(bytes);
        if (size !== undefined) {
          for (const side of [size.width, size.height]) {
            expect(Number.isInteger(side) && side > 0 && side <= 0xffff).toBe(true);
          }
        }
        let end = 0;
        forEachNal(bytes, (start, stop) => {
          expect(start).toBeGreaterThanOrEqual(end);
          expect(stop).toBeLessThanOrEqual(bytes.length);
          end = stop;
        });
        expect(isIdr(bytes)).toBe(nalTypes(bytes).includes(5));
        // 120 ms at 48 kHz is the longest that one packet may have (RFC 6716 §3.2.5).
        expect(opusSamples(bytes)).toBeGreaterThanOrEqual(0);
        expect(opusSamples(bytes)).toBeLessThanOrEqual(5_760);
        const sent: number[] = [];
        const packetizer = new H264Packetizer({
          timeline: timeline(),
          mtu: 64,
          emit: (header, payload) => sent.push(header.length + payload.length),
        });
        packetizer.setConfig(bytes);
        packetizer.packetize(bytes, 1);
        expect(sent.every((length) => length <= 64)).toBe(true);
        try {
          new OpusPacketizer({ timeline: timeline(0, OPUS_CLOCK_RATE), emit: () => undefined }).packetize(
            bytes,
            1,
          );
        } catch (error) {
          if (!(error instanceof RtpError)) throw error;
        }
      }),
      fuzzSettings(500),
    );
  },
  FUZZ_MS,
);
