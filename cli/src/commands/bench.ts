import { spawn } from 'node:child_process';
import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';
import type { Layout } from '../layout.js';
import type { Output } from '../output.js';
import { prepareArtifacts } from '../setup/artifacts.js';
import { chromiumPackages, ensureChromium } from '../setup/chromium.js';
import { ensurePackages, packages } from '../setup/packages.js';

/** `./ancloud bench [NAME…]`: JSON lines on stdout, one per figure; progress on stderr. */
export async function bench(
  layout: Layout,
  names: readonly string[],
  { cycles, seconds }: { readonly cycles: string; readonly seconds: string },
  output: Output,
): Promise<number> {
  positive('--cycles', 'a number of phones', cycles);
  positive('--seconds', 'a number of seconds', seconds);
  await ensurePackages(layout, [...packages.run, ...packages.bench, ...chromiumPackages()]);
  await ensureChromium(layout);
  const artifacts = await prepareArtifacts(layout, output);
  const child = spawn(
    process.execPath,
    [path.join(layout.root, 'bench/dist/main.js'), ...names, ...(output.json ? ['--json'] : [])],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        ANCLOUD_ROOT: layout.root,
        ANCLOUD_BENCH_CYCLES: cycles,
        ANCLOUD_BENCH_SECONDS: seconds,
        ANCLOUD_GUEST_IMAGE: artifacts.guest,
        MEDIASOUP_WORKER_BIN: artifacts.mediasoupWorker,
      },
    },
  );
  // It ends what it has begun: a farm, phones, rules.
  const pass = (signal: NodeJS.Signals): boolean => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, pass);
  if (code === null) throw new AppError('EXEC_FAILED', 'the benchmark was ended by a signal');
  return code;
}

function positive(field: string, what: string, value: string): void {
  if (/^[1-9]\d{0,5}$/.test(value)) return;
  throw new AppError('INVALID_ARGUMENT', `${field} is not ${what}`, {
    field,
    value,
    fix: 'write a whole number from 1 to 999999',
  });
}
