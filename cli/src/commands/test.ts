import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';
import { examineTier, type Tier, tiers } from '../test/tiers.js';
import { failuresOf, type Tally, tallyOf } from '../test/tally.js';
import type { Layout } from '../layout.js';
import { exitCodes, type Output } from '../output.js';
import { prepareArtifacts } from '../setup/artifacts.js';
import { chromiumPackages, ensureChromium } from '../setup/chromium.js';
import { ensurePackages, packages } from '../setup/packages.js';

/**
 * `./ancloud test [TIER…]`: installs what the tests need, runs each tier in turn, prints its seconds and its tally, and
 * then what failed by name and reason, last `N passed, N failed`. A tier that cannot run says what is missing; in CI (CI=true) that is a failure, elsewhere it
 * is reported and left out.
 */
export async function test(layout: Layout, names: readonly string[], output: Output): Promise<number> {
  const unknown = names.filter((name) => !tiers.some((tier) => tier.name === name));
  if (unknown.length > 0) {
    throw new AppError('INVALID_ARGUMENT', `there is no test tier '${unknown[0]}'`, {
      field: 'TIER',
      value: unknown.join(' '),
      fix: `one or more of: ${tiers.map((tier) => tier.name).join(' ')}`,
    });
  }
  const chosen = names.length === 0 ? tiers : tiers.filter((tier) => names.includes(tier.name));
  const ci = process.env['CI'] === 'true';
  if (chosen.some((tier) => tier.needsFarm)) {
    await ensurePackages(layout, [...packages.run, ...packages.test, ...chromiumPackages()]);
    await ensureChromium(layout);
    await prepareArtifacts(layout, output);
  }
  const total: Tally = { passed: 0, failed: 0 };
  const rows: string[] = [];
  const failures: string[] = [];
  for (const tier of chosen) {
    const lacking = examineTier(tier);
    if (lacking !== undefined) {
      output.step(`tier ${tier.name} cannot run here: ${lacking}`);
      if (ci) {
        total.failed += 1;
        failures.push(`${tier.name}: cannot run here: ${lacking}`);
      }
      rows.push(`${tier.name.padEnd(12)} not run: ${lacking}`);
      continue;
    }
    const begun = Date.now();
    const result = await runTier(layout, tier);
    total.passed += result.passed;
    total.failed += result.failed;
    failures.push(...result.failures.map((failure) => `${tier.name}: ${failure}`));
    rows.push(
      `${tier.name.padEnd(12)} ${((Date.now() - begun) / 1000).toFixed(1).padStart(7)} s   ${result.passed} passed, ${result.failed} failed`,
    );
    output.step(rows.at(-1) ?? '');
  }
  if (failures.length > 0) process.stdout.write(`\n── failed\n${failures.join('\n\n')}\n`);
  process.stdout.write(`\n${rows.join('\n')}\n\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 && total.passed > 0 ? exitCodes.ok : exitCodes.failed;
}

async function runTier(layout: Layout, tier: Tier): Promise<Tally & { failures: string[] }> {
  const total = { passed: 0, failed: 0, failures: [] as string[] };
  for (const command of tier.commands) {
    process.stdout.write(`\n── ${tier.name}: ${command.title}\n`);
    const report = path.join(layout.root, 'node_modules', `.ancloud-report-${process.pid}.json`);
    const child = spawn(command.argv[0], command.argv.slice(1), {
      cwd: layout.root,
      env: { ...process.env, ...command.env, ANCLOUD_TEST_REPORT: report },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      process.stdout.write(chunk);
      text = (text + chunk).slice(-65_536);
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      process.stderr.write(chunk);
      errors = (errors + chunk).slice(-65_536);
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), command.minutes * 60_000);
    const code = await new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? 1)));
    clearTimeout(limit);
    const json = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : undefined;
    fs.rmSync(report, { force: true });
    const ran = { code, text, errors, ...(json === undefined ? {} : { json }) };
    const tally = tallyOf({ ...ran, counts: command.counts });
    total.passed += tally.passed;
    total.failed += tally.failed;
    if (tally.failed > 0) {
      const failures = failuresOf(ran);
      total.failures.push(
        ...(failures.length > 0
          ? failures
          : [`${command.title}: ended with ${code}, and nothing was counted`]),
      );
    }
  }
  return total;
}
