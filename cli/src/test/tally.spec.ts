import { describe, expect, it } from 'vitest';
import { tallyOf } from './tally.js';

describe('tallyOf', () => {
  it.each([
    [
      'counts the last line',
      { code: 0, text: '1 passed, 9 failed\n12 passed, 0 failed\n', counts: 'line' as const },
      { passed: 12, failed: 0 },
    ],
    ['fails on silence', { code: 0, text: '', counts: 'line' as const }, { passed: 0, failed: 1 }],
    [
      'fails on a bad exit though the line is good',
      { code: 1, text: '3 passed, 0 failed', counts: 'line' as const },
      { passed: 3, failed: 1 },
    ],
    ['takes an exit code', { code: 0, text: '', counts: 'exit' as const }, { passed: 1, failed: 0 }],
    ['takes a bad exit code', { code: 2, text: '', counts: 'exit' as const }, { passed: 0, failed: 1 }],
    ['fails without a report', { code: 0, text: '', counts: 'vitest' as const }, { passed: 0, failed: 1 }],
    [
      'counts a file that did not load',
      {
        code: 1,
        text: '',
        json: '{"numPassedTests":5,"numFailedTests":0,"numFailedTestSuites":1}',
        counts: 'vitest' as const,
      },
      { passed: 5, failed: 1 },
    ],
  ])('%s', (_, run, tally) => expect(tallyOf(run)).toEqual(tally));
});
