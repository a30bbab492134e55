import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { expect, test } from 'vitest';
import { floodMessages } from './flood-messages.js';
import { gesturePlaces } from './gesture.js';

test('all but the first are moves, each newer than the one before, and none is where a gesture has its places', () => {
  const highest = Math.min(...gesturePlaces(100_000).map(({ y }) => y));
  const said = floodMessages(120).map(({ bytes, move }) => {
    const { input } = ViewerInput.decode(bytes);
    if (input?.$case !== 'touch') throw new Error('not a touch');
    return {
      move,
      sequence: input.value.sequence,
      y: ((input.value.fingers[0]?.y ?? 65_535) / 65_535) * 1_280,
    };
  });
  expect(said.map(({ move }) => move)).toEqual([false, ...Array.from({ length: 119 }, () => true)]);
  expect(said.map(({ sequence }) => sequence)).toEqual(said.map((_, number) => number + 1));
  for (const { y } of said) expect(y).toBeLessThan(highest - 10);
});
