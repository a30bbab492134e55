/** The longest that a segment should be, s; it cannot change while somebody plays (RFC 8216 §6.2.1). */
export const TARGET_S = 6;

export interface HlsSegment {
  readonly name: string;
  /** The head that it needs. */
  readonly map: string;
  readonly durationMs: number;
  /** The one before it was of another encoder, or another connection. */
  readonly discontinuity: boolean;
}

export interface HlsList {
  /** Number of the first segment, and of discontinuities before it. */
  readonly sequence: number;
  readonly discontinuities: number;
  readonly segments: readonly HlsSegment[];
  /** Names that are still at the destination though the list has them no more: told in comments, for whoever goes on with it. */
  readonly unlisted: readonly string[];
  /** Nothing follows. */
  readonly ended: boolean;
}

/** `stem`: the playlist's name without its `.m3u8`. */
export const headName = (stem: string, sequence: number): string => `${stem}-${sequence}.mp4`;
export const segmentName = (stem: string, sequence: number): string => `${stem}-${sequence}.m4s`;

/** A media playlist (RFC 8216 §4) of segments in fragmented MP4, each of which begins with a key frame. Pure. */
export function writePlaylist({ sequence, discontinuities, segments, unlisted, ended }: HlsList): string {
  const longest = segments.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.max(TARGET_S, Math.round(longest / 1_000))}`,
    `#EXT-X-MEDIA-SEQUENCE:${sequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuities}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...unlisted.map((name) => `# ${name}`),
  ];
  let map = '';
  for (const segment of segments) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.map !== map) lines.push(`#EXT-X-MAP:URI="${segment.map}"`);
    map = segment.map;
    lines.push(`#EXTINF:${(segment.durationMs / 1_000).toFixed(3)},`, segment.name);
  }
  const list = `${lines.join('\n')}\n`;
  return ended ? withEnd(list) : list;
}

const END = '#EXT-X-ENDLIST\n';

/** A list that `writePlaylist` has written, with nothing to follow. */
export const withEnd = (playlist: string): string => `${playlist}${END}`;

export const hasEnded = (playlist: string): boolean => playlist.endsWith(END);

/** What a connection before left at the destination: the numbers that go on, and names of ours that are nobody's any more, the oldest first. */
export interface HlsRemains {
  readonly sequence: number;
  readonly discontinuities: number;
  readonly names: readonly string[];
}

/** Reads a playlist that `writePlaylist` may have written for `stem`. What is none of ours is left alone. Pure. */
export function readRemains(playlist: string, stem: string): HlsRemains {
  const number = (tag: string): number =>
    Number(new RegExp(`^#EXT-X-${tag}:(\\d{1,15})$`, 'm').exec(playlist)?.[1] ?? 0);
  const ours = (pattern: RegExp): string[] =>
    [...playlist.matchAll(pattern)]
      .map(([, name = '']) => name)
      .filter(
        (name) => name.startsWith(`${stem}-`) && /^\d+\.(?:mp4|m4s)$/.test(name.slice(stem.length + 1)),
      );
  const listed = ours(/^([\w.~-]+)$/gm);
  const sequence = number('MEDIA-SEQUENCE') + listed.length;
  const names = [...ours(/^# ([\w.~-]+)$/gm), ...listed, ...ours(/^#EXT-X-MAP:URI="([\w.~-]+)"$/gm)];
  // Whoever wrote it may have been killed when the next ones were there and not in it.
  if (names.length > 0) names.push(headName(stem, sequence), segmentName(stem, sequence));
  return {
    sequence,
    discontinuities:
      number('DISCONTINUITY-SEQUENCE') + [...playlist.matchAll(/^#EXT-X-DISCONTINUITY$/gm)].length,
    names: [...new Set(names)],
  };
}
