import { describe, expect, it } from 'vitest';
import { groupMistake, membersAfter } from './group-members.js';

const group = { name: '', masterId: 'ph_0', phoneIds: ['ph_1', 'ph_2'], exclude: [], jitter: undefined };
const many = Array.from({ length: 1_000 }, (_, index) => `ph_x${index}`);

describe('a group', () => {
  it.each<[string, Partial<Parameters<typeof groupMistake>[0]>]>([
    ['of two', {}],
    ['with some excluded', { exclude: ['ph_2'] }],
    ['with as many phones as there may be', { phoneIds: many }],
    ['with the widest jitter', { jitter: { placePermille: 100, delayMs: 2_000 } }],
  ])('%s is one', (_, given) => {
    expect(groupMistake({ ...group, ...given })).toBeUndefined();
  });

  it.each<[string, Partial<Parameters<typeof groupMistake>[0]>, string]>([
    ['without phones', { phoneIds: [] }, 'phoneIds'],
    ['with too many phones', { phoneIds: [...many, 'ph_1'] }, 'phoneIds'],
    ['with a phone named twice', { phoneIds: ['ph_1', 'ph_1'] }, 'phoneIds'],
    ['that follows itself', { phoneIds: ['ph_0'] }, 'phoneIds'],
    ['that excludes a stranger', { exclude: ['ph_9'] }, 'exclude'],
    ['of a long name', { name: 'x'.repeat(64) }, 'name'],
    ['that jumps over the picture', { jitter: { placePermille: 101, delayMs: 0 } }, 'jitter.placePermille'],
    ['that is late for ever', { jitter: { placePermille: 0, delayMs: 2_001 } }, 'jitter.delayMs'],
    ['with half a millisecond', { jitter: { placePermille: 0, delayMs: 0.5 } }, 'jitter.delayMs'],
  ])('%s is none', (_, given, field) => {
    expect(groupMistake({ ...group, ...given })?.field).toBe(field);
  });
});

describe('the phones of a group that is changed', () => {
  const before = { phoneIds: ['ph_1', 'ph_2'], exclude: ['ph_2'] };

  it.each<[string, string[] | undefined, string[] | undefined, typeof before]>([
    ['stay when nothing is said of them', undefined, undefined, before],
    [
      'are those that are named',
      ['ph_2', 'ph_3'],
      undefined,
      { phoneIds: ['ph_2', 'ph_3'], exclude: ['ph_2'] },
    ],
    ['are excluded no more when they leave', ['ph_1'], undefined, { phoneIds: ['ph_1'], exclude: [] }],
    ['are excluded as they join', ['ph_3'], ['ph_3'], { phoneIds: ['ph_3'], exclude: ['ph_3'] }],
    ['are all in again', undefined, [], { phoneIds: ['ph_1', 'ph_2'], exclude: [] }],
  ])('%s', (_, phoneIds, exclude, after) => {
    expect(membersAfter(before, phoneIds, exclude)).toEqual(after);
  });
});
