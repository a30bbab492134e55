import { describe, expect, it } from 'vitest';
import { cutScreencap } from './screencap.js';

/** Two by two: red, green / blue, white; `head` has the data space of Android 9 or has not. */
const picture = (head: 'new' | 'old', format = 1): Buffer => {
  const words = head === 'new' ? [2, 2, format, 0] : [2, 2, format];
  const sizes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) sizes.writeUInt32LE(word, index * 4);
  return Buffer.concat([sizes, Buffer.from('ff0000ff00ff00ff0000ffffffffffff', 'hex')]);
};
const hex = (area: [number, number, number, number], raw = picture('new')): string | undefined => {
  const [x, y, width, height] = area;
  const part = cutScreencap(raw, { x, y, width, height });
  return part && `${part.width}x${part.height} ${Buffer.from(part.rgb).toString('hex')}`;
};

describe('cutScreencap', () => {
  it.each<[string, [number, number, number, number], string]>([
    ['all', [0, 0, 1, 1], '2x2 ff000000ff000000ffffffff'],
    ['the right half', [0.5, 0, 0.5, 1], '1x2 00ff00ffffff'],
    ['one pixel, of no size', [0.2, 0.9, 0, 0], '1x1 0000ff'],
    ['the last pixel, at the very edge', [1, 1, 0, 0], '1x1 ffffff'],
    ['no more than there is', [0.5, 0.5, 1, 1], '1x1 ffffff'],
  ])('cuts %s', (_, area, wanted) => expect(hex(area)).toBe(wanted));

  it('reads the shorter head of old Androids', () =>
    expect(hex([0, 0, 0, 0], picture('old'))).toBe('1x1 ff0000'));

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['words', Buffer.from('screencap: no picture\n')],
    ['half a picture', picture('new').subarray(0, 20)],
    ['another pixel format', picture('new', 4)],
  ])('takes %s for no picture', (_, raw) => expect(hex([0, 0, 1, 1], raw)).toBeUndefined());
});
