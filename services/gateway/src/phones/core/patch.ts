import type { PhoneSpec } from '@ancloud/contracts/common/v1/common';
import { checkSpec, displayRanges, encoderRanges, limitRanges, type CheckedSpec } from './spec.js';

/** What of a spec may be changed, by the names that UpdatePhoneRequest.fields knows. */
export const patchFields: readonly string[] = [
  'imageId',
  ...Object.keys(displayRanges).map((key) => `display.${key}`),
  ...Object.keys(limitRanges).map((key) => `limits.${key}`),
  ...Object.keys(encoderRanges).map((key) => `encoder.${key}`),
  'bootProperties',
  'labels',
  'idlePauseMinutes',
  'egressAllow',
  'ports',
  'gamepad',
];

/** The present spec with the named fields of `given`; a number that is 0 there becomes its default. */
export function patchedSpec(present: PhoneSpec, given: PhoneSpec, fields: readonly string[]): CheckedSpec {
  const unknown = fields.find((field) => !patchFields.includes(field));
  if (unknown !== undefined || fields.length === 0)
    return {
      mistake: {
        field: 'fields',
        value: unknown ?? fields,
        message: unknown === undefined ? 'is empty' : 'names what cannot be changed',
        fix: `name at least one of ${patchFields.join(', ')}`,
      },
    };
  const taken = new Set(fields);
  const pick = <K extends string>(
    part: 'display' | 'limits' | 'encoder',
    keys: readonly K[],
    before: Readonly<Record<K, number>> | undefined,
    after: Readonly<Record<K, number>> | undefined,
  ): Record<K, number> => {
    const entries = keys.map((key) => [key, (taken.has(`${part}.${key}`) ? after : before)?.[key] ?? 0]);
    return Object.fromEntries(entries) as Record<K, number>;
  };
  const displayKeys = Object.keys(displayRanges) as (keyof typeof displayRanges)[];
  const limitKeys = Object.keys(limitRanges) as (keyof typeof limitRanges)[];
  const encoderKeys = Object.keys(encoderRanges) as (keyof typeof encoderRanges)[];
  const from = (field: string): PhoneSpec => (taken.has(field) ? given : present);
  return checkSpec({
    imageId: from('imageId').imageId,
    display: pick('display', displayKeys, present.display, given.display),
    limits: pick('limits', limitKeys, present.limits, given.limits),
    encoder: pick('encoder', encoderKeys, present.encoder, given.encoder),
    bootProperties: from('bootProperties').bootProperties,
    labels: from('labels').labels,
    idlePauseMinutes: from('idlePauseMinutes').idlePauseMinutes,
    egressAllow: from('egressAllow').egressAllow,
    ports: from('ports').ports,
    gamepad: from('gamepad').gamepad,
  });
}
