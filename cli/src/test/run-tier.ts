import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Layout } from '../layout.js';
import { failuresOf, type Tally, tallyOf } from './tally.js';
import type { Tier } from './tiers.js';

/** Where the words of a tier's commands go. */
export type Say = (text: string, to: 'stdout' | 'stderr') => void;

/** As they come. */
export const live: Say = (text, to) => void process[to].write(text);

/** What runs beside others says it all when it is over, so that no two tiers stand line by line in each other. */
export async function atItsEnd(run: (say: Say) => Promise<void>): Promise<void> {
  const said: [text: string, to: 'stdout' | 'stderr'][] = [];
  try {
    await run((text, to) => void said.push([text, to]));
  } finally {
    for (const [text, to] of said) live(text, to);
  }
}

/** One command of the tier after the other. */
export async function runTier(layout: Layout, tier: Tier, say: Say): Promise<Tally & { failures: string[] }> {
  const total = { passed: 0, failed: 0, failures: [] as string[] };
  for (const command of tier.commands) {
    say(`\n── ${tier.name}: ${command.title}\n`, 'stdout');
    const report = path.join(layout.root, 'node_modules', `.ancloud-report-${process.pid}-${tier.name}.json`);
    const child = spawn(command.argv[0], command.argv.slice(1), {
      cwd: layout.root,
      env: { ...process.env, ...command.env, ANCLOUD_TEST_REPORT: report },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const last = { stdout: '', stderr: '' };
    for (const from of ['stdout', 'stderr'] as const)
      child[from].setEncoding('utf8').on('data', (chunk: string) => {
        say(chunk, from);
        last[from] = (last[from] + chunk).slice(-65_536);
      });
    const limit = setTimeout(() => child.kill('SIGKILL'), command.minutes * 60_000);
    const code = await new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? 1)));
    clearTimeout(limit);
    const json = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : undefined;
    fs.rmSync(report, { force: true });
    const ran = {
      code,
      text: last.stdout,
      errors: last.stderr,
      ...(json === undefined ? {} : { json }),
    };
    const tally = tallyOf({ ...ran, counts: command.counts });
    total.passed += tally.passed;
    total.failed += tally.failed;
    if (tally.failed === 0) continue;
    const failures = failuresOf(ran).filter((failure) => failure !== '');
    if (failures.length > 0) total.failures.push(...failures);
    else total.failures.push(`${command.title}: ended with ${code}, and nothing was counted`);
  }
  return total;
}
