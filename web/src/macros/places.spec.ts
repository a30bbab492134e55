import { expect, it } from 'vitest';
import { colourOf, partOf, placeOf } from './places.js';

const box = { left: 100, top: 50, width: 300, height: 600 };

it.each([
  ['its corner', { clientX: 100, clientY: 50 }, { x: 0, y: 0 }],
  ['a third, to four digits', { clientX: 200, clientY: 250 }, { x: 0.3333, y: 0.3333 }],
  ['beside it, the nearest', { clientX: 900, clientY: -4 }, { x: 1, y: 0 }],
])('placeOf %s', (_, pointer, place) => expect(placeOf(pointer, box)).toEqual(place));

it.each([
  ['down and right', { x: 0.1, y: 0.2 }, { x: 0.5, y: 0.4 }, { x: 0.1, y: 0.2, width: 0.4, height: 0.2 }],
  ['up and left', { x: 0.5, y: 0.4 }, { x: 0.1, y: 0.2 }, { x: 0.1, y: 0.2, width: 0.4, height: 0.2 }],
  ['a click', { x: 0.5, y: 0.4 }, { x: 0.51, y: 0.4 }, undefined],
])('partOf %s', (_, from, to, part) => expect(partOf(from, to)).toEqual(part));

it('colourOf asks for the pixel there, the last one at the edge', () => {
  const asked: number[][] = [];
  const picture = {
    canvas: { width: 720, height: 1280 },
    getImageData: (...rect: [number, number, number, number]) => {
      asked.push(rect);
      return { data: [1, 171, 255, 255] };
    },
  };
  expect(colourOf(picture, { x: 0.5, y: 1 })).toBe('#01abff');
  expect(asked).toEqual([[360, 1279, 1, 1]]);
});
