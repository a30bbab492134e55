import { describe, expect, it } from 'vitest';
import { failuresOf, tallyOf } from './tally.js';

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

describe('failuresOf', () => {
  const report = (results: object[]): string =>
    JSON.stringify({ numPassedTests: 1, numFailedTests: 1, numFailedTestSuites: 1, testResults: results });

  it('names each test that failed, with its message and without colours', () => {
    const json = report([
      {
        name: '/a.test.ts',
        status: 'failed',
        assertionResults: [
          { fullName: 'a phone boots', status: 'passed' },
          {
            fullName: 'a phone stops',
            status: 'failed',
            failureMessages: ['\u001B[31mexpected 1\u001B[39m to be 2'],
          },
        ],
      },
    ]);
    expect(failuresOf({ code: 1, text: '', json })).toEqual([
      '/a.test.ts > a phone stops\nexpected 1 to be 2',
    ]);
  });

  it('names a file that did not load, once', () => {
    const json = report([
      { name: '/b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
    ]);
    expect(failuresOf({ code: 1, text: '', json })).toEqual(['/b.test.ts\nno such module']);
  });

  it('takes the refused lines of a script, or its last ones when it names none', () => {
    expect(failuresOf({ code: 1, text: 'ok a\nnot ok b\nok c\n' })).toEqual(['not ok b']);
    expect(failuresOf({ code: 1, text: 'compiling\nerror: no such file\n' })).toEqual([
      'compiling\nerror: no such file',
    ]);
    expect(failuresOf({ code: 0, text: 'ok a\n' })).toEqual([]);
  });

  it('tells of errors that belong to no test, though every test passed', () => {
    const errors =
      'a warning\n\u001B[31m⎯⎯⎯\u001B[39m\u001B[1m\u001B[41m Unhandled Errors \u001B[49m\u001B[22m\u001B[31m⎯⎯⎯\u001B[39m\nError: draining\n';
    expect(failuresOf({ code: 1, text: 'Errors  1 error', errors, json: report([]) })).toEqual([
      '⎯ Unhandled Errors ⎯⎯⎯\nError: draining',
    ]);
  });

  it('falls back to the last lines when a report has no failure, yet the command failed', () => {
    expect(failuresOf({ code: 1, text: 'out of memory\n', json: report([]) })).toEqual(['out of memory']);
  });
});
