import { PhoneSpec } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import { patchedSpec } from './patch.js';
import { checkSpec } from './spec.js';

const checked = checkSpec(
  PhoneSpec.fromPartial({
    imageId: `sha256:${'a'.repeat(64)}`,
    limits: { cpuMillis: 500, memoryMib: 512 },
    labels: { team: 'a' },
    idlePauseMinutes: 9,
  }),
);
if ('mistake' in checked) throw new Error(checked.mistake.message);
const present = checked.spec;
type Given = Record<string, unknown>;
const patched = (given: Given, ...fields: string[]) =>
  patchedSpec(present, PhoneSpec.fromJSON(given), fields);

describe('patchedSpec', () => {
  it.each<[string, Given, string[], object]>([
    [
      'one limit',
      { limits: { memoryMib: 1_024 } },
      ['limits.memoryMib'],
      { limits: { ...present.limits, memoryMib: 1_024 } },
    ],
    [
      'one of the encoder',
      { encoder: { maxFps: 30 } },
      ['encoder.maxFps'],
      { encoder: { ...present.encoder, maxFps: 30 } },
    ],
    ['a default', { limits: {} }, ['limits.cpuMillis'], { limits: { ...present.limits, cpuMillis: 2_000 } }],
    ['a map as a whole', { labels: { a: 'b' } }, ['labels'], { labels: { a: 'b' } }],
    ['a map that is emptied', {}, ['labels'], { labels: {} }],
    [
      'where it may send to',
      { egressAllow: ['10.0.0.0/8'] },
      ['egressAllow'],
      { egressAllow: ['10.0.0.0/8'] },
    ],
    ['no pause any more', {}, ['idlePauseMinutes'], { idlePauseMinutes: 0 }],
    [
      'another image',
      { imageId: `sha256:${'b'.repeat(64)}` },
      ['imageId'],
      { imageId: `sha256:${'b'.repeat(64)}` },
    ],
  ])('takes %s and keeps the rest', (_, given, fields, expected) => {
    expect(patched(given, ...fields)).toEqual({ spec: { ...present, ...expected } });
  });

  it('takes nothing that is not named', () => {
    expect(patched({ imageId: 'x', labels: { b: 'c' }, limits: { pids: 64 } }, 'limits.pids')).toEqual({
      spec: { ...present, limits: { ...present.limits, pids: 64 } },
    });
  });

  it.each<[Given, string[], string]>([
    [{}, [], 'fields'],
    [{}, ['owner'], 'fields'],
    [{}, ['limits'], 'fields'],
    [{ encoder: { bitRate: 1 } }, ['encoder.bitRate'], 'spec.encoder.bitRate'],
    [{ limits: { memoryMib: 1 } }, ['limits.memoryMib'], 'spec.limits.memoryMib'],
    [{ imageId: 'latest' }, ['imageId'], 'spec.imageId'],
  ])('refuses %j %j', (given, fields, field) => {
    expect(patched(given, ...fields)).toMatchObject({ mistake: { field } });
  });
});
