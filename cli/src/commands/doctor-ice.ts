import { type Finding, findingsText } from '../doctor/finding.js';
import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { exitCodes, type Output } from '../output.js';

interface IceSelfTestView {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly level: Finding['level'];
    readonly code: string;
    readonly by: string;
    readonly tried: string;
    readonly got: string;
    readonly fix: string;
  }[];
}

/** The gateway waits 25 s for each media-svc, and 5 s for one that is being started. */
const TIMEOUT_MS = 60_000;

/** `./ancloud doctor --ice`: why viewers of the running farm see nothing. Exit code 69 when one of the findings is a failure. */
export async function doctorIce(layout: Layout, output: Output): Promise<number> {
  const answer = await new GatewayClient(layout).request('GET', '/v1/ice/self-test', {
    timeoutMs: TIMEOUT_MS,
  });
  const test = (await answer.json()) as IceSelfTestView;
  const findings = test.findings.map(({ level, code, by, tried, got, fix }) => ({
    name: code,
    level,
    found: `${by}: ${tried}: ${got}`,
    fix,
  }));
  output.result(test, findingsText(findings));
  return test.ok ? exitCodes.ok : exitCodes.missing;
}
