import { expect, test } from 'vitest';
import { byViewer, inTurn } from './turns.js';

const gesture = [
  { bytes: Uint8Array.of(1), move: false },
  { bytes: Uint8Array.of(2), move: true },
];

test('each viewer sends an event before anybody sends the next', () => {
  expect(inTurn(3, gesture).map(({ viewer, bytes, move }) => [viewer, bytes[0], move])).toEqual([
    [0, 1, false],
    [1, 1, false],
    [2, 1, false],
    [0, 2, true],
    [1, 2, true],
    [2, 2, true],
  ]);
});

test('what was sent is told by viewer and by the number of its own event; what was not taken is missing', () => {
  const sent = new Map(inTurn(3, gesture).map((_, turn) => [turn, BigInt(turn * 10)]));
  sent.delete(4);
  expect(byViewer(sent, 3)).toEqual([
    new Map([
      [0, 0n],
      [1, 30n],
    ]),
    new Map([[0, 10n]]),
    new Map([
      [0, 20n],
      [1, 50n],
    ]),
  ]);
});
