export interface Tally {
  passed: number;
  failed: number;
}

/**
 * What one test command did. `counts`: `vitest` = its JSON report; `line` = the last `N passed, N failed` it printed;
 * `exit` = one check, passed when it exits with 0. A command that exits non-zero without a counted failure counts one, and
 * so does one that was expected to count and ran nothing: silence is never success.
 */
export function tallyOf(run: {
  readonly code: number;
  readonly text: string;
  readonly json?: string;
  readonly counts: 'vitest' | 'line' | 'exit';
}): Tally {
  const tally = counted(run);
  if (run.code !== 0 && tally.failed === 0) tally.failed = 1;
  if (tally.passed === 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

function counted(run: {
  code: number;
  text: string;
  json?: string;
  counts: 'vitest' | 'line' | 'exit';
}): Tally {
  switch (run.counts) {
    case 'exit':
      return { passed: run.code === 0 ? 1 : 0, failed: 0 };
    case 'line': {
      const last = [...run.text.matchAll(/(\d+) passed, (\d+) failed/g)].at(-1);
      return { passed: Number(last?.[1] ?? 0), failed: Number(last?.[2] ?? 0) };
    }
    case 'vitest': {
      if (run.json === undefined) return { passed: 0, failed: 0 };
      const report = JSON.parse(run.json) as {
        numPassedTests: number;
        numFailedTests: number;
        numFailedTestSuites: number;
      };
      // A file that does not load has no tests in it, yet it failed.
      return {
        passed: report.numPassedTests,
        failed: Math.max(report.numFailedTests, report.numFailedTestSuites > 0 ? 1 : 0),
      };
    }
  }
}
