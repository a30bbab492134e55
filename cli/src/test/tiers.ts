import { spawnSync } from 'node:child_process';
import { chromiumProgram } from '../setup/chromium.js';

/** One command of a tier. `minutes`: killed after that, since it hangs; a busy machine needs tens of times what an idle one does. `counts`: how its tests are counted (tally.ts). */
export interface TierCommand {
  readonly title: string;
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly minutes: number;
  readonly counts: 'vitest' | 'line' | 'exit';
}

export interface Tier {
  readonly name: string;
  /** True when it starts phones: the worker, the guest and the packages are prepared first. */
  readonly needsFarm: boolean;
  readonly needs: readonly ('root' | 'docker' | 'qemu' | 'chromium')[];
  /** Runs beside the tiers behind it: it shares nothing with them but the processor, and waits for nothing that a busy one makes late. */
  readonly beside?: boolean;
  readonly commands: readonly TierCommand[];
}

const npm = (title: string, script: string, minutes: number): TierCommand => ({
  title,
  argv: ['npm', 'run', '-s', script],
  minutes,
  counts: 'exit',
});

const vitest = (title: string, filter: readonly string[], minutes: number): TierCommand => ({
  title,
  argv: ['node', 'tools/dev/vitest.mjs', ...filter],
  minutes,
  counts: 'vitest',
});

const integration = (title: string, folder: string, minutes: number): TierCommand =>
  vitest(title, ['--root', 'test-integration', `src/${folder}`], minutes);

const script = (title: string, file: string, minutes: number): TierCommand => ({
  title,
  argv: ['bash', file],
  minutes,
  counts: 'line',
});

/** Every tier, cheapest first: a broken unit spec is known after a minute. */
export const tiers: readonly Tier[] = [
  {
    name: 'check',
    needsFarm: false,
    needs: [],
    commands: [
      npm('lint', 'lint', 15),
      npm('arrows', 'arrows', 5),
      npm('references', 'references', 5),
      npm('format', 'format:check', 15),
      vitest('unit specs', [], 30),
    ],
  },
  {
    name: 'native',
    needsFarm: true,
    needs: ['root'],
    commands: [
      script('phone-shim', 'services/container-svc/shim/test.sh', 15),
      script('ancloud-hostcap', 'services/container-svc/native/test.sh', 10),
      script('guest', 'guest/test.sh', 40),
      {
        title: 'mediasoup-worker',
        argv: ['node', 'tools/mediasoup-worker/test.mjs'],
        minutes: 15,
        counts: 'line',
      },
    ],
  },
  {
    name: 'packages',
    needsFarm: true,
    needs: ['root'],
    commands: [integration('bus and state on real servers, image readers on real images', 'packages', 20)],
  },
  {
    name: 'gateway',
    needsFarm: true,
    needs: ['root'],
    commands: [integration('gateway on real servers', 'gateway', 20)],
  },
  {
    name: 'web',
    needsFarm: true,
    needs: ['root', 'chromium'],
    commands: [integration('the console', 'web', 20)],
  },
  {
    name: 'vm',
    needsFarm: true,
    needs: ['root', 'qemu'],
    beside: true,
    commands: [
      script('the virtual machine with binder', 'tools/binder-vm/test.sh', 30),
      script('phones on real binder', 'test-integration/vm/run.sh', 60),
    ],
  },
  {
    name: 'farm',
    needsFarm: true,
    needs: ['root', 'chromium'],
    commands: [vitest('a farm and its phones', ['--config', 'test-integration/vitest.farm.config.ts'], 45)],
  },
  {
    name: 'faults',
    needsFarm: true,
    needs: ['root'],
    commands: [
      vitest('a host and its accidents', ['--config', 'test-integration/vitest.faults.config.ts'], 45),
    ],
  },
  {
    name: 'images',
    needsFarm: true,
    needs: ['root'],
    commands: [vitest('images in every form', ['--config', 'test-integration/vitest.images.config.ts'], 20)],
  },
  {
    name: 'containers',
    needsFarm: true,
    needs: ['root', 'docker'],
    commands: [
      vitest('hosts as containers', ['--config', 'test-integration/vitest.containers.config.ts'], 60),
    ],
  },
];

const PROBES = {
  root: { ok: () => process.getuid?.() === 0, missing: 'it needs root' },
  docker: { ok: () => has('dockerd'), missing: 'dockerd is not installed (apt-get install docker.io)' },
  qemu: {
    ok: () => has('qemu-system-x86_64'),
    missing: 'qemu is not installed (apt-get install qemu-system-x86)',
  },
  chromium: {
    ok: () => chromiumProgram() !== undefined,
    missing: 'Chromium is not installed (apt-get install chromium, or another one named by ANCLOUD_CHROMIUM)',
  },
} as const;

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** What this machine lacks for the tier; undefined when nothing. */
export function examineTier(tier: Tier): string | undefined {
  const lacking = tier.needs.filter((need) => !PROBES[need].ok());
  return lacking.length === 0 ? undefined : lacking.map((need) => PROBES[need].missing).join('; ');
}
