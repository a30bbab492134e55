import { expect, it } from 'vitest';
import { firstLineAt, lineAt } from './phone-log.js';

const head = '# phone ph_1 boot b1 unixMs 1790000000000 boottimeMs 901234\n';

it('places the first line on the Unix clock', () => {
  const log = `${head}901.300567 k <6>init: init first stage started!\n901.400000 k <6>init: later\n`;
  expect(firstLineAt(log)).toBeCloseTo(1_790_000_000_066.567, 3);
});

it('finds a later line by its words', () => {
  const log = `${head}901.300567 k <6>init: first\n901.400000 k <6>init: processing action (sys.boot_completed=1)\n`;
  expect(lineAt(log, /boot_completed/)).toBeCloseTo(1_790_000_000_166, 3);
  expect(lineAt(log, /never/)).toBeUndefined();
});

it.each([['', head, '901.300567 k <6>init: a line and no head\n']].flat())('of %j there is none', (log) =>
  expect(firstLineAt(log)).toBeUndefined(),
);
