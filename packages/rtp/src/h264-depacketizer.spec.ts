import { describe, expect, it } from 'vitest';
import { type AccessUnit, H264Depacketizer } from './h264-depacketizer.js';
import { H264Packetizer } from './h264.js';
import { parseRtp } from './header.js';
import { RtpTimeline } from './timeline.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (nal: Uint8Array): string => Buffer.from(nal).toString('hex');

/** What comes of packets given as [sequence, marker, payload]. */
function taken(packets: readonly (readonly [number, boolean, string])[]): { units: string[]; lost: number } {
  const units: string[] = [];
  let lost = 0;
  const reader = new H264Depacketizer(
    (unit) => units.push(`${unit.keyFrame ? 'key' : 'delta'} ${unit.nals.map(hex).join(' ')}`),
    () => (lost += 1),
  );
  for (const [sequence, marker, payload] of packets)
    reader.push({
      sequence,
      marker,
      payload: bytes(payload),
      timestamp: 0,
      payloadType: 102,
      ssrc: 1,
      csrcs: [],
      extension: undefined,
    });
  return { units, lost };
}

describe('H264Depacketizer', () => {
  it.each<[string, readonly (readonly [number, boolean, string])[], string[], number]>([
    ['a single NAL unit', [[7, true, '65 88']], ['key 6588'], 0],
    [
      'parameter sets in a STAP-A, then the picture',
      [
        [7, false, '78 0004 6742c01f 0002 68ce'],
        [8, true, '65 88'],
      ],
      ['key 6742c01f 68ce 6588'],
      0,
    ],
    [
      'fragments, over the wrap of the sequence',
      [
        [65_534, false, '7c 85 01'],
        [65_535, false, '7c 05 0203'],
        [0, true, '7c 45 04'],
      ],
      ['key 6501020304'],
      0,
    ],
    [
      'nothing before the first key frame',
      [
        [1, true, '41 01'],
        [2, true, '65 02'],
        [3, true, '41 03'],
      ],
      ['key 6502', 'delta 4103'],
      0,
    ],
    [
      'a gap: nothing until the next key frame',
      [
        [1, true, '65 01'],
        [3, true, '41 03'],
        [4, true, '41 04'],
        [5, true, '65 05'],
        [6, true, '41 06'],
      ],
      ['key 6501', 'key 6505', 'delta 4106'],
      1,
    ],
    [
      'a gap behind which a whole key frame comes',
      [
        [1, true, '65 01'],
        [3, true, '65 03'],
      ],
      ['key 6501'],
      1,
    ],
    [
      'twice and too late',
      [
        [5, true, '65 01'],
        [5, true, '65 01'],
        [4, true, '65 00'],
        [6, true, '41 02'],
      ],
      ['key 6501', 'delta 4102'],
      0,
    ],
    ['a fragment without a beginning', [[1, true, '7c 45 04']], [], 0],
    [
      'an aggregate that is cut off',
      [
        [1, true, '78 0004 6742'],
        [2, true, '65 01'],
      ],
      ['key 6501'],
      0,
    ],
    ['an empty packet', [[1, true, '']], [], 0],
  ])('%s', (_name, packets, units, lost) => {
    expect(taken(packets)).toEqual({ units, lost });
  });

  it('gives back what H264Packetizer was given', () => {
    const units: AccessUnit[] = [];
    const reader = new H264Depacketizer(
      (unit) => units.push(unit),
      () => expect.unreachable(),
    );
    const timeline = new RtpTimeline({ ssrc: 1, payloadType: 102, clockRate: 90_000, sequence: 65_530 });
    const packetizer = new H264Packetizer({
      timeline,
      mtu: 100,
      emit: (header, payload) => reader.push(parseRtp(new Uint8Array(Buffer.concat([header, payload])))),
    });
    packetizer.setConfig(bytes('00000001 6742c01f8c 00000001 68ce3c80'));
    const slice = (first: number, length: number): Uint8Array =>
      Uint8Array.from({ length }, (_, i) => (i === 0 ? first : (i % 251) + 4));
    const sent = [slice(0x65, 5_000), slice(0x41, 50), slice(0x41, 1_000)];
    for (const [i, nal] of sent.entries())
      packetizer.packetize(new Uint8Array(Buffer.concat([bytes('00000001'), nal])), i * 16_667);
    expect(units.map((unit) => unit.nals.map(hex))).toEqual([
      ['6742c01f8c', '68ce3c80', hex(sent[0]!)],
      [hex(sent[1]!)],
      [hex(sent[2]!)],
    ]);
    expect(units.map(({ keyFrame }) => keyFrame)).toEqual([true, false, false]);
    expect(units[1]!.timestamp - units[0]!.timestamp).toBe(1_500);
  });
});
