import { expect, it } from 'vitest';
import { lackOfRoom } from './recording-room.js';

const MIB = 1 << 20;

it.each<[string, number, number, number, boolean, RegExp | undefined]>([
  ['room for all', 1_000, 0, 10_000, true, undefined],
  ['the last that may begin', 1_000, 984, 10_000, true, undefined],
  ['one MiB less', 1_000, 985, 10_000, true, /budget of recordings \(1000 MiB\)/],
  ['one that runs goes on to the end', 1_000, 1_000, 10_000, false, undefined],
  ['and no further', 1_000, 1_001, 10_000, false, /budget/],
  ['a disk that others have filled', 1_000, 0, 255, false, /only 255 MiB/],
  ['a disk on which one would be the last', 1_000, 0, 260, true, /only 260 MiB/],
])('lackOfRoom: %s', (_name, budget, used, free, begins, expected) => {
  const lack = lackOfRoom({ budget: budget * MIB, used: used * MIB, free: free * MIB }, begins);
  if (expected === undefined) expect(lack).toBeUndefined();
  else expect(lack).toMatch(expected);
});
