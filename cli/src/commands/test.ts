import { AppError } from '@ancloud/kit/errors';
import { examineTier, type Tier, tiers } from '../test/tiers.js';
import { atItsEnd, live, runTier, type Say } from '../test/run-tier.js';
import type { Tally } from '../test/tally.js';
import type { Layout } from '../layout.js';
import { exitCodes, type Output } from '../output.js';
import { prepareArtifacts } from '../setup/artifacts.js';
import { chromiumPackages, ensureChromium } from '../setup/chromium.js';
import { ensurePackages, packages } from '../setup/packages.js';

/**
 * `./ancloud test [TIER…]`: installs what the tests need, runs each tier in turn, and beside others those that may, prints its seconds and its tally, and
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
  const failures: string[] = [];
  const rows = new Map<Tier, string>();
  const over = (tier: Tier, row: string, tally: Tally, failed: readonly string[]): void => {
    total.passed += tally.passed;
    total.failed += tally.failed;
    failures.push(...failed.map((failure) => `${tier.name}: ${failure}`));
    rows.set(tier, `${tier.name.padEnd(12)} ${row}`);
    output.step(rows.get(tier) ?? '');
  };
  const run = async (tier: Tier, say: Say): Promise<void> => {
    const lacking = examineTier(tier);
    if (lacking !== undefined) {
      const why = `cannot run here: ${lacking}`;
      return over(tier, `not run: ${lacking}`, { passed: 0, failed: ci ? 1 : 0 }, ci ? [why] : []);
    }
    const begun = Date.now();
    const result = await runTier(layout, tier, say);
    const seconds = ((Date.now() - begun) / 1000).toFixed(1).padStart(7);
    over(tier, `${seconds} s   ${result.passed} passed, ${result.failed} failed`, result, result.failures);
  };
  const beside: Promise<void>[] = [];
  for (const [index, tier] of chosen.entries()) {
    if (tier.beside === true && index < chosen.length - 1) beside.push(atItsEnd((say) => run(tier, say)));
    else await run(tier, live);
  }
  await Promise.all(beside);
  if (failures.length > 0) process.stdout.write(`\n── failed\n${failures.join('\n\n')}\n`);
  process.stdout.write(
    `\n${chosen.map((tier) => rows.get(tier)).join('\n')}\n\n${total.passed} passed, ${total.failed} failed\n`,
  );
  return total.failed === 0 && total.passed > 0 ? exitCodes.ok : exitCodes.failed;
}
