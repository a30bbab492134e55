import { expect, it } from 'vitest';
import { InputWay } from './input-way.js';

it.each<[string, readonly (readonly [number, boolean])[], string]>([
  [
    'a channel that is open is used',
    [
      [0, true],
      [1, true],
    ],
    'cc',
  ],
  [
    'what was said before the connection had a channel is not overtaken either',
    [
      [-999, true],
      [-700, true],
    ],
    'sc',
  ],
  [
    'a tap that began by the socket ends there though the channel opened, the next one does not',
    [
      [0, false],
      [40, true],
      [289, true],
      [539, true],
      [540, true],
    ],
    'ssscc',
  ],
  [
    'what is too large for the channel is not overtaken by what follows',
    [
      [0, true],
      [1, false],
      [2, true],
      [252, true],
    ],
    'cssc',
  ],
])('%s', (_, messages, ways) => {
  const way = new InputWay(-1_000);
  expect(messages.map(([atMs, fits]) => way.next(fits, atMs)[0]).join('')).toBe(ways);
});
