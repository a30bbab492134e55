import { examine } from '../doctor/checks.js';
import type { Layout } from '../layout.js';
import { exitCodes, type Output } from '../output.js';

const MARK = { ok: ' ok ', warn: 'warn', fail: 'FAIL' } as const;

/** `./ancloud doctor`: exit code 69 when something is missing that a farm cannot do without. */
export async function doctor(layout: Layout, output: Output): Promise<number> {
  const findings = await examine(layout);
  const width = Math.max(...findings.map((finding) => finding.name.length));
  const text = findings
    .map(
      ({ name, level, found, fix }) =>
        `[${MARK[level]}] ${name.padEnd(width)}  ${found}${fix === '' ? '' : `\n${' '.repeat(width + 9)}→ ${fix}`}`,
    )
    .join('\n');
  output.result(findings, text);
  return findings.some((finding) => finding.level === 'fail') ? exitCodes.missing : exitCodes.ok;
}
