import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Layout } from '../layout.js';
import { atItsEnd, runTier } from './run-tier.js';
import type { Tier, TierCommand } from './tiers.js';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-tier-'));
  fs.mkdirSync(path.join(root, 'node_modules'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true });
});

const shell = (title: string, script: string, counts: TierCommand['counts']): TierCommand => ({
  title,
  argv: ['sh', '-c', script],
  minutes: 1,
  counts,
});
const tier = (name: string, ...commands: TierCommand[]): Tier => ({
  name,
  needsFarm: false,
  needs: [],
  commands,
});

it('sums up the commands of a tier, says what they say, and names what failed', async () => {
  const said: string[] = [];
  const run = await runTier(
    { root } as Layout,
    tier('a', shell('one', 'echo 3 passed, 0 failed', 'line'), shell('two', 'echo bad >&2; exit 3', 'line')),
    (text, to) => void said.push(`${to} ${text.trim()}`),
  );
  expect(run).toEqual({ passed: 3, failed: 1, failures: ['two: ended with 3, and nothing was counted'] });
  expect(said).toEqual(['stdout ── a: one', 'stdout 3 passed, 0 failed', 'stdout ── a: two', 'stderr bad']);
});

it('takes no report of another tier that runs beside it for its own', async () => {
  const report = '{"numPassedTests":2,"numFailedTests":0,"numFailedTestSuites":0}';
  const writes = `echo '${report}' >"$ANCLOUD_TEST_REPORT"; sleep 0.2`;
  const silent = (): void => undefined;
  const [counted, lines] = await Promise.all([
    runTier({ root } as Layout, tier('vitests', shell('v', writes, 'vitest')), silent),
    runTier(
      { root } as Layout,
      tier('lines', shell('l', 'sleep 0.1; echo not ok x; exit 1', 'line')),
      silent,
    ),
  ]);
  expect(counted).toEqual({ passed: 2, failed: 0, failures: [] });
  expect(lines).toEqual({ passed: 0, failed: 1, failures: ['not ok x'] });
});

it('says at its end what it said, also when it breaks', async () => {
  const said: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const broken = atItsEnd(async (say) => {
    say('first', 'stdout');
    await Promise.resolve();
    expect(said).toEqual([]);
    say('second', 'stdout');
    throw new Error('broken');
  });
  await expect(broken).rejects.toThrow('broken');
  expect(said).toEqual(['first', 'second']);
});
