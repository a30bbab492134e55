import { describe, expect, it } from 'vitest';
import { type HlsSegment, readRemains, writePlaylist } from './hls-playlist.js';

const segment = (n: number, map: number, over: Partial<HlsSegment> = {}): HlsSegment => ({
  name: `phone-${n}.m4s`,
  map: `phone-${map}.mp4`,
  durationMs: 2_000,
  discontinuity: false,
  ...over,
});

const LIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:41
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-INDEPENDENT-SEGMENTS
# phone-40.m4s
#EXT-X-MAP:URI="phone-38.mp4"
#EXTINF:2.000,
phone-41.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="phone-42.mp4"
#EXTINF:1.967,
phone-42.m4s
#EXTINF:2.000,
phone-43.m4s
`;
const segments = [
  segment(41, 38),
  segment(42, 42, { durationMs: 1_966.7, discontinuity: true }),
  segment(43, 42),
];
const list = { sequence: 41, discontinuities: 3, segments, unlisted: ['phone-40.m4s'], ended: false };

describe('writePlaylist', () => {
  it('names each head once, before the first segment that needs it', () => {
    expect(writePlaylist(list)).toBe(LIST);
  });

  it('ends', () => {
    expect(writePlaylist({ ...list, ended: true })).toBe(`${LIST}#EXT-X-ENDLIST\n`);
  });

  it('has no segment longer than it says', () => {
    expect(writePlaylist({ ...list, segments: [segment(1, 1, { durationMs: 9_600 })] })).toContain(
      '#EXT-X-TARGETDURATION:10\n',
    );
  });
});

describe('readRemains', () => {
  it('goes on with the numbers, and finds everything that may be there, the oldest first', () => {
    expect(readRemains(LIST, 'phone')).toEqual({
      sequence: 44,
      discontinuities: 4,
      names: [
        'phone-40.m4s',
        'phone-41.m4s',
        'phone-42.m4s',
        'phone-43.m4s',
        'phone-38.mp4',
        'phone-42.mp4',
        'phone-44.mp4',
        'phone-44.m4s',
      ],
    });
  });

  it.each([
    ['nothing', ''],
    ['a page', '<html>phone-1.m4s</html>'],
    ['somebody else’s', '#EXTM3U\n#EXTINF:2,\nother-1.m4s\n#EXTINF:2,\nphonebook.m4s\n'],
    ['a way out of the folder', '#EXTM3U\n#EXTINF:2,\n../phone-1.m4s\nhttps://a.example/phone-1.m4s\n'],
  ])('takes nothing of %s for its own', (_, text) => {
    expect(readRemains(text, 'phone').names).toEqual([]);
  });
});
