import type { Encoder } from '../api/types.js';

/** What the console offers of `spec.encoder` by a name; the API takes any. */
export const encoders = {
  Sharp: { bitRate: 8_000_000, maxFps: 60, maxSize: 0 },
  Standard: { bitRate: 4_000_000, maxFps: 60, maxSize: 0 },
  Light: { bitRate: 1_000_000, maxFps: 30, maxSize: 720 },
} as const satisfies Record<string, Encoder>;

/** What the farm takes (services/gateway/src/phones/core/spec.ts), besides a size of 0, which is the phone's own. */
export const encoderLimits = {
  bitRate: { min: 100_000, max: 50_000_000 },
  maxFps: { min: 1, max: 120 },
  maxSize: { min: 180, max: 2_560 },
} as const satisfies Record<keyof Encoder, { readonly min: number; readonly max: number }>;

/** Of those that are offered, the one that is set; undefined when it is another one. 0 in a spec is the API's default, which is Standard. */
export function nameOfEncoder({ bitRate, maxFps, maxSize }: Encoder): string | undefined {
  const { Standard } = encoders;
  return Object.entries(encoders).find(
    ([, offered]) =>
      offered.bitRate === (bitRate || Standard.bitRate) &&
      offered.maxFps === (maxFps || Standard.maxFps) &&
      offered.maxSize === maxSize,
  )?.[0];
}

export function encoderWords({ bitRate, maxFps, maxSize }: Encoder): string {
  const { Standard } = encoders;
  const mbits = (bitRate || Standard.bitRate) / 1e6;
  return [
    `${mbits.toLocaleString(undefined, { maximumFractionDigits: 3 })} Mb/s`,
    `${maxFps || Standard.maxFps} fps`,
    maxSize === 0 ? 'its own size' : `${maxSize} px`,
  ].join(', ');
}

/** What is written in a form: NaN where it was left empty. */
export interface EncoderDraft {
  /** Mb/s. */
  readonly mbits: number;
  readonly maxFps: number;
  readonly maxSize: number;
}

/** As the form begins. */
export function draftOf({ bitRate, maxFps, maxSize }: Encoder): EncoderDraft {
  return { mbits: (bitRate || NaN) / 1e6, maxFps: maxFps || NaN, maxSize: maxSize || NaN };
}

/** What is empty, or 0, is the default: by its number, since REST takes 0 of a size alone. */
export function encoderOf({ mbits, maxFps, maxSize }: EncoderDraft): Encoder {
  const { bitRate, maxFps: preset } = encoders.Standard;
  return {
    bitRate: Math.round(mbits * 1e6) || bitRate,
    maxFps: maxFps || preset,
    maxSize: maxSize || 0,
  };
}

/** What the farm would not take, in words for whoever wrote it. */
export function encoderMistakes(encoder: Encoder): Readonly<Partial<Record<keyof Encoder, string>>> {
  const wrong = (key: keyof Encoder): boolean => {
    const { min, max } = encoderLimits[key];
    return !(encoder[key] >= min && encoder[key] <= max);
  };
  return {
    ...(wrong('bitRate') && { bitRate: 'From 0.1 to 50, or nothing for the farm’s own.' }),
    ...(wrong('maxFps') && { maxFps: 'From 1 to 120, or nothing for the farm’s own.' }),
    ...(encoder.maxSize !== 0 &&
      wrong('maxSize') && { maxSize: 'From 180 to 2560, or nothing for the phone’s own.' }),
  };
}
