import { type AccessUnit, NalType, nalType, type PictureSize, sizeFromConfig } from '@ancloud/rtp';

/** Profiles whose record tells chroma and depth too (ISO/IEC 14496-15 §5.3.3.1.2). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 144]);
const START_CODE = [0, 0, 0, 1];

/** What a decoder has to know before the first picture: one pair of parameter sets, as containers carry them. */
export interface AvcConfig {
  /** AVCDecoderConfigurationRecord; NAL units have lengths of 4 bytes. */
  readonly record: Uint8Array;
  readonly size: PictureSize;
}

/** Of a key frame as it came: undefined when it brings no parameter sets, or some that say no size. Pure. */
export function avcConfigOf({ nals }: AccessUnit): AvcConfig | undefined {
  const sps = nals.filter((nal) => nalType(nal[0] ?? 0) === NalType.Sps);
  const pps = nals.filter((nal) => nalType(nal[0] ?? 0) === NalType.Pps);
  const [first] = sps;
  if (first === undefined || first.length < 4 || pps.length === 0) return undefined;
  const size = sizeFromConfig(Uint8Array.from([...START_CODE, ...first]));
  if (size === undefined) return undefined;
  const [, profile = 0, constraints = 0, level = 0] = first;
  return {
    record: Uint8Array.from([
      1,
      profile,
      constraints,
      level,
      // Lengths of 4 bytes; reserved bits are ones.
      0xff,
      0xe0 | (sps.length & 0x1f),
      ...sps.flatMap(withLength),
      pps.length & 0xff,
      ...pps.flatMap(withLength),
      // Encoders of phones make 4:2:0 of 8 bits.
      ...(HIGH_PROFILES.has(profile) ? [0xfd, 0xf8, 0xf8, 0] : []),
    ]),
    size,
  };
}

export function sameConfig(a: AvcConfig, b: AvcConfig): boolean {
  return a.record.length === b.record.length && a.record.every((byte, i) => byte === b.record[i]);
}

/** A picture as a container has it: NAL units behind their lengths, without the parameter sets, which stand in its head. Pure. */
export function avcSample({ nals }: AccessUnit): Uint8Array[] {
  return nals.flatMap((nal) => {
    const type = nalType(nal[0] ?? 0);
    if (type === NalType.Sps || type === NalType.Pps) return [];
    const { length } = nal;
    return [Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length), nal];
  });
}

function withLength(nal: Uint8Array): number[] {
  return [nal.length >>> 8, nal.length & 0xff, ...nal];
}
