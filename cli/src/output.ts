import { describeError, isAppError, toProblem } from '@ancloud/kit/errors';

/**
 * Exit codes, as sysexits(3) has them where it has one: 0 done · 1 failed · 64 wrong use · 69 something needed is
 * missing on this machine · 70 a bug · 75 try again later · 77 not allowed.
 */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 64,
  missing: 69,
  software: 70,
  tempfail: 75,
  denied: 77,
} as const;

/** Exit code for an error's code. */
export function exitCodeOf(error: unknown): number {
  if (!isAppError(error)) return exitCodes.software;
  switch (error.code) {
    case 'INVALID_ARGUMENT':
    case 'CONFIG_INVALID':
      return exitCodes.usage;
    case 'KERNEL_FEATURE_MISSING':
      return exitCodes.missing;
    case 'UNAVAILABLE':
    case 'UNAVAILABLE_STATE':
    case 'UNAVAILABLE_BUS':
    case 'NO_HOST':
      return exitCodes.tempfail;
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return exitCodes.denied;
    default:
      return exitCodes.failed;
  }
}

/** What a command prints: a value for machines (`--json`), lines for people. Progress goes to stderr in both. */
export class Output {
  constructor(readonly json: boolean) {}

  /** The command's result: one JSON document, or the text. */
  result(value: unknown, text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value, null, 2)}\n` : text === '' ? '' : `${text}\n`);
  }

  /** One of results that come one by one: a JSON document on a line, or the text. */
  line(value: unknown, text: string): void {
    const line = this.json ? JSON.stringify(value) : onOneLine(text);
    if (line !== '') process.stdout.write(`${line}\n`);
  }

  /** One line of progress. */
  step(text: string): void {
    process.stderr.write(`ancloud: ${text}\n`);
  }

  error(error: unknown): void {
    if (this.json) process.stderr.write(`${JSON.stringify(toProblem(error))}\n`);
    else process.stderr.write(`ancloud: ${describeError(error)}\n`);
    if (!isAppError(error) && error instanceof Error && error.stack !== undefined) {
      process.stderr.write(`${error.stack}\n`);
    }
  }
}

/** Names and reasons are whatever somebody wrote: what would steer the terminal (escape sequences, ends of lines) is shown as a character that could not be. */
const onOneLine = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\uFFFD');

/** Lines with aligned columns, header first. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows].map((row) => row.map(onOneLine));
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
