import { stripVTControlCharacters } from 'node:util';

export interface Tally {
  passed: number;
  failed: number;
}

/** Longest text kept of one failure, in characters: its first lines say what was expected. */
const FAILURE_CHARS = 1_500;

/** Where Vitest begins to tell of errors that belong to no test (its logger's `printUnhandledErrors`), on stderr. */
const UNHANDLED = '⎯ Unhandled Errors ⎯';

/**
 * What failed in one test command, each by its full name and the beginning of its message, so that whoever sees the end of
 * a log alone knows what to look for. Of a command whose report names none: errors that belong to no test, else the lines
 * that begin with `not ok`, else its last ones.
 */
export function failuresOf(run: {
  readonly code: number;
  /** What it printed on stdout. */
  readonly text: string;
  /** What it printed on stderr. */
  readonly errors?: string;
  readonly json?: string;
}): string[] {
  if (run.json !== undefined) {
    const failures = reported(JSON.parse(run.json) as Report);
    if (failures.length > 0 || run.code === 0) return failures;
  }
  const errors = stripVTControlCharacters(run.errors ?? '');
  const unhandled = errors.indexOf(UNHANDLED);
  if (run.code !== 0 && unhandled !== -1) return [shortened(errors.slice(unhandled))];
  const lines = run.text.trimEnd().split('\n');
  const refused = lines.filter((line) => line.startsWith('not ok'));
  if (refused.length > 0) return refused;
  return run.code === 0 ? [] : [shortened(lines.slice(-20).join('\n'))];
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults?: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

function reported(report: Report): string[] {
  return (report.testResults ?? []).flatMap((file) => {
    const failed = file.assertionResults.filter((result) => result.status === 'failed');
    if (failed.length === 0 && file.status === 'failed') {
      return [shortened(`${file.name}\n${file.message ?? ''}`)];
    }
    return failed.map((result) =>
      shortened(`${file.name} > ${result.fullName}\n${(result.failureMessages ?? []).join('\n')}`),
    );
  });
}

/** Without terminal colours, which hide words from a search, and no longer than one screen. */
function shortened(text: string): string {
  return stripVTControlCharacters(text).trim().slice(0, FAILURE_CHARS);
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
      const report = JSON.parse(run.json) as Report;
      // A file that does not load has no tests in it, yet it failed.
      return {
        passed: report.numPassedTests,
        failed: Math.max(report.numFailedTests, report.numFailedTestSuites > 0 ? 1 : 0),
      };
    }
  }
}
