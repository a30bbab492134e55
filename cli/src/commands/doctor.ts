import { examine } from '../doctor/checks.js';
import { findingsText } from '../doctor/finding.js';
import type { Layout } from '../layout.js';
import { exitCodes, type Output } from '../output.js';

/** `./ancloud doctor`: exit code 69 when something is missing that a farm cannot do without. */
export async function doctor(layout: Layout, output: Output): Promise<number> {
  const findings = await examine(layout);
  output.result(findings, findingsText(findings));
  return findings.some((finding) => finding.level === 'fail') ? exitCodes.missing : exitCodes.ok;
}
