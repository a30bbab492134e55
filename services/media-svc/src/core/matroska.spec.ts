import { describe, expect, it } from 'vitest';
import { AUDIO_TRACK, VIDEO_TRACK, writeFrame, writeHeader } from './matroska.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('matroska', () => {
  it('begins with EBML’s head, an endless segment and its tracks', () => {
    const video = { config: Uint8Array.of(1, 2), width: 720, height: 1_280 };
    expect(hex(writeHeader({ video, audio: false }))).toBe(
      [
        '1a45dfa3 10000038',
        '4286 10000001 01',
        '42f7 10000001 01',
        '42f2 10000001 04',
        '42f3 10000001 08',
        `4282 10000008 ${Buffer.from('matroska').toString('hex')}`,
        '4287 10000001 04',
        '4285 10000001 02',
        '18538067 01ffffffffffffff',
        '1549a966 10000023',
        '2ad7b1 10000002 03e8',
        '4d80 10000007 616e636c6f7564',
        '5741 10000007 616e636c6f7564',
        '1654ae6b 1000004d ae 10000048',
        'd7 10000001 01',
        '73c5 10000001 01',
        '83 10000001 01',
        '9c 10000001 00',
        `86 1000000f ${Buffer.from('V_MPEG4/ISO/AVC').toString('hex')}`,
        '63a2 10000002 0102',
        'e0 1000000e',
        'b0 10000002 02d0',
        'ba 10000002 0500',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  it('has Opus as the second track', () => {
    const video = { config: Uint8Array.of(1), width: 16, height: 16 };
    const head = hex(writeHeader({ video, audio: true }));
    expect(head).toContain(Buffer.from('OpusHead').toString('hex') + '0102000080bb0000000000');
    expect(head).toContain('56bb1000000404c4b400');
    expect(head).toContain('b510000004473b80009f1000000102');
  });

  it.each<[string, Parameters<typeof writeFrame>, string]>([
    [
      'a key frame',
      [VIDEO_TRACK, 1_000_000, true, [Uint8Array.of(0xaa), Uint8Array.of(0xbb, 0xcc)]],
      '1f43b675 10000014 e7 10000003 0f4240 a3 10000007 81 0000 80 aabbcc',
    ],
    [
      'a picture at the beginning',
      [VIDEO_TRACK, 0, false, [Uint8Array.of(0xaa)]],
      '1f43b675 10000010 e7 10000001 00 a3 10000005 81 0000 00 aa',
    ],
    [
      'sound after ten days',
      [AUDIO_TRACK, 864_000_000_000, true, [Uint8Array.of(0xaa)]],
      '1f43b675 10000014 e7 10000005 c92a69c000 a3 10000005 82 0000 80 aa',
    ],
  ])('%s', (_name, frame, bytes) => {
    expect(hex(Buffer.concat(writeFrame(...frame)))).toBe(bytes.replaceAll(' ', ''));
  });
});
