import {
  bootPropertyMistake as contractMistake,
  egressAllowMax,
  gpuLabel,
  gpuWishPattern,
  imageIdPattern,
  ipv4NetworkPattern,
} from '@ancloud/contracts';
import type { Display, Encoder, Limits, PhoneSpec, Profile } from '@ancloud/contracts/common/v1/common';

import { portsMistake, withProtocol } from './port-wishes.js';

/** What is wrong with a request: the field as REST spells it, its value, a sentence and the fix. */
export interface Mistake {
  readonly field: string;
  readonly value: unknown;
  readonly message: string;
  readonly fix: string;
}

interface Range {
  readonly min: number;
  readonly max: number;
  /** Stands for 0 and for an absent value. */
  readonly preset: number;
}

/** Ranges and defaults of common.proto, once for both edges and the OpenAPI document. */
export const displayRanges = {
  width: { min: 240, max: 2560, preset: 720 },
  height: { min: 240, max: 2560, preset: 1280 },
  dpi: { min: 80, max: 640, preset: 320 },
  fps: { min: 1, max: 120, preset: 60 },
} as const satisfies Record<keyof Display, Range>;

export const limitRanges = {
  cpuMillis: { min: 100, max: 64_000, preset: 2_000 },
  memoryMib: { min: 128, max: 65_536, preset: 2_048 },
  pids: { min: 64, max: 32_768, preset: 4_096 },
  cpuWeight: { min: 1, max: 10_000, preset: 100 },
  swapMib: { min: 1, max: 65_536, preset: 0 },
  ioWeight: { min: 1, max: 1_000, preset: 100 },
  egressKbit: { min: 64, max: 10_000_000, preset: 0 },
  diskMib: { min: 64, max: 1_048_576, preset: 0 },
} as const satisfies Record<keyof Limits, Range>;

export const encoderRanges = {
  bitRate: { min: 100_000, max: 50_000_000, preset: 4_000_000 },
  maxFps: { min: 1, max: 120, preset: 60 },
  maxSize: { min: 180, max: 2_560, preset: 0 },
} as const satisfies Record<keyof Encoder, Range>;

/** A week. */
export const idlePauseMaxMinutes = 10_080;
export const maxLabels = 32;
export const maxBootProperties = 32;
export const nameMaxLength = 63;
const labelKeyPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;
const labelValueMaxLength = 255;

export type CheckedSpec = { readonly spec: PhoneSpec } | { readonly mistake: Mistake };

/** The wish with all defaults filled in, or the first thing that is wrong with it. An empty imageId stays empty. */
export function checkSpec(given: PhoneSpec | undefined): CheckedSpec {
  const imageId = given?.imageId ?? '';
  if (imageId !== '' && !imageIdPattern.test(imageId))
    return {
      mistake: {
        field: 'spec.imageId',
        value: imageId,
        message: 'is not an image id',
        fix: 'write sha256: and 64 lower-case hex digits, or leave it out',
      },
    };
  const display = inRange('spec.display', displayRanges, given?.display);
  if ('mistake' in display) return display;
  const limits = inRange('spec.limits', limitRanges, given?.limits);
  if ('mistake' in limits) return limits;
  const encoder = inRange('spec.encoder', encoderRanges, given?.encoder);
  if ('mistake' in encoder) return encoder;
  const idlePauseMinutes = given?.idlePauseMinutes ?? 0;
  if (!Number.isInteger(idlePauseMinutes) || idlePauseMinutes < 0 || idlePauseMinutes > idlePauseMaxMinutes)
    return {
      mistake: {
        field: 'spec.idlePauseMinutes',
        value: idlePauseMinutes,
        message: `is outside 0-${idlePauseMaxMinutes}`,
        fix: 'use whole minutes up to a week, or 0 for never',
      },
    };
  const egressAllow = given?.egressAllow ?? [];
  const bootProperties = given?.bootProperties ?? {};
  const labels = given?.labels ?? {};
  const ports = (given?.ports ?? []).map(withProtocol);
  const mistake =
    bootPropertyMistake(bootProperties) ??
    labelMistake(labels) ??
    egressMistake(egressAllow) ??
    portsMistake(ports);
  if (mistake !== undefined) return { mistake };
  return {
    spec: {
      imageId,
      display: display.values,
      limits: limits.values,
      bootProperties,
      labels,
      idlePauseMinutes,
      egressAllow,
      ports,
      gamepad: given?.gamepad ?? false,
      encoder: encoder.values,
    },
  };
}

function egressMistake(networks: readonly string[]): Mistake | undefined {
  if (networks.length > egressAllowMax) return tooMany('spec.egressAllow', networks.length, egressAllowMax);
  const wrong = networks.find((network) => !ipv4NetworkPattern.test(network));
  if (wrong === undefined) return undefined;
  return {
    field: 'spec.egressAllow',
    value: wrong,
    message: 'is not an IPv4 network',
    fix: 'write an address or a network such as 192.0.2.7 or 10.0.0.0/8',
  };
}

/** What is wrong with a phone's name; undefined when it is fine. */
export function nameMistake(name: string): Mistake | undefined {
  // Control characters would break terminals and logs that show the name.
  if ([...name].length <= nameMaxLength && !/\p{C}/u.test(name) && name.trim() === name) return undefined;
  return {
    field: 'name',
    value: name,
    message: 'is not a name',
    fix: `use 1-${nameMaxLength} printable characters without blanks around them, or leave it out`,
  };
}

function inRange<K extends string>(
  path: string,
  ranges: Readonly<Record<K, Range>>,
  given: Readonly<Record<K, number>> | undefined,
): { readonly values: Record<K, number> } | { readonly mistake: Mistake } {
  const entries: [K, number][] = [];
  for (const [key, { min, max, preset }] of Object.entries(ranges) as [K, Range][]) {
    const value = given?.[key] ?? 0;
    if (value !== 0 && !(Number.isInteger(value) && value >= min && value <= max))
      return {
        mistake: {
          field: `${path}.${key}`,
          value,
          message: `is outside ${min}-${max}`,
          fix: `use a whole number from ${min} to ${max}; the default is ${preset}`,
        },
      };
    entries.push([key, value === 0 ? preset : value]);
  }
  return { values: Object.fromEntries(entries) as Record<K, number> };
}

/** `profile`: of the phone's image, where it is known; some families have room for less. */
export function bootPropertyMistake(
  properties: Readonly<Record<string, string>>,
  profile?: Profile,
): Mistake | undefined {
  const entries = Object.entries(properties);
  if (entries.length > maxBootProperties)
    return tooMany('spec.bootProperties', entries.length, maxBootProperties);
  for (const [name, value] of entries) {
    const mistake = contractMistake(name, value, profile);
    if (mistake === undefined) continue;
    const { part, message, fix } = mistake;
    return part === 'name'
      ? { field: 'spec.bootProperties', value: name, message, fix }
      : { field: `spec.bootProperties['${name}']`, value, message, fix };
  }
  return undefined;
}

function labelMistake(labels: Readonly<Record<string, string>>): Mistake | undefined {
  const entries = Object.entries(labels);
  if (entries.length > maxLabels) return tooMany('spec.labels', entries.length, maxLabels);
  for (const [key, value] of entries) {
    if (!labelKeyPattern.test(key))
      return {
        field: 'spec.labels',
        value: key,
        message: 'is not the key of a label',
        fix: 'use 1-63 letters, digits, . _ - / beginning and ending with a letter or digit',
      };
    if (value.length > labelValueMaxLength)
      return {
        field: `spec.labels['${key}']`,
        value,
        message: `is longer than ${labelValueMaxLength} characters`,
        fix: 'shorten it',
      };
  }
  const gpu = labels[gpuLabel] ?? '';
  if (!gpuWishPattern.test(gpu))
    return {
      field: `spec.labels['${gpuLabel}']`,
      value: gpu,
      message: 'asks for no render node',
      fix: 'use any, or a node such as renderD128',
    };
  return undefined;
}

function tooMany(field: string, count: number, max: number): Mistake {
  return { field, value: count, message: `has ${count} entries`, fix: `use at most ${max}` };
}
