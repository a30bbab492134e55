import { expect, it } from 'vitest';
import { sameShape } from './shape.js';

const of = (text: string) => {
  const [width = 0, height = 0] = text.split('x').map(Number);
  return { width, height };
};

it.each([
  ['itself', '720x1280', '720x1280', true],
  ['its half, rounded to 8', '720x1280', '352x640', true],
  ['a low layer, rounded to 16', '1080x2400', '208x480', true],
  ['it on its side', '720x1280', '1280x720', false],
  ['a low layer on its side', '720x1280', '480x270', false],
  ['a long screen that was unfolded', '904x2316', '1812x2176', false],
  ['a tablet on its side', '1840x2208', '2208x1840', false],
  ['the smallest picture, a tenth off', '180x320', '196x320', true],
  ['nothing to speak of', '720x1280', '1x1', false],
])('%s', (_, a, b, same) => {
  expect(sameShape(of(a), of(b))).toBe(same);
  expect(sameShape(of(b), of(a))).toBe(same);
});
