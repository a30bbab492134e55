import fs from 'node:fs';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  /** `fail`: a farm cannot run. `warn`: it runs with less. */
  readonly level: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do; empty when ok. */
  readonly fix: string;
}

export const ok = (name: string, found: string): Finding => ({ name, level: 'ok', found, fix: '' });
export const fail = (name: string, found: string, fix: string): Finding => ({
  name,
  level: 'fail',
  found,
  fix,
});
export const warn = (name: string, found: string, fix: string): Finding => ({
  name,
  level: 'warn',
  found,
  fix,
});

const MARK = { ok: ' ok ', warn: 'warn', fail: 'FAIL' } as const;

/** A line for each, and below it what to do. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(
      ({ name, level, found, fix }) =>
        `[${MARK[level]}] ${name.padEnd(width)}  ${found}${fix === '' ? '' : `\n${' '.repeat(width + 9)}→ ${fix}`}`,
    )
    .join('\n');
}

/** A small file of the kernel's; empty when there is none. */
export const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
};
