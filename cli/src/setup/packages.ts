import { execFileSync, spawnSync } from 'node:child_process';
import { AppError } from '@ancloud/kit/errors';
import type { Output } from '../output.js';

/** Debian and Ubuntu packages by what they are for. Build scripts (guest, worker, native) name their own. */
export const packages = {
  /** To run a farm. redis-tools holds the redis-server binary without starting a service of its own. */
  run: [
    'crun',
    'iproute2',
    'iptables',
    'nftables',
    'dnsmasq-base',
    'redis-tools',
    'util-linux',
    'kmod',
    'procps',
    'ca-certificates',
  ],
  /** To run every tier of the tests. */
  test: [
    'chromium',
    'git',
    'python3',
    'adb',
    'ffmpeg',
    'docker.io',
    'mmdebstrap',
    'qemu-system-x86',
    'strace',
    'iputils-ping',
    'e2fsprogs',
    'android-sdk-libsparse-utils',
    'mkbootimg',
    'erofs-utils',
    'squashfs-tools',
    'umoci',
    'cpio',
    'lz4',
    'attr',
  ],
  /** To measure, beside what a farm needs: a browser, a peer engine, and what bench/native is built with. */
  bench: ['chromium', 'docker.io', 'gcc', 'make', 'libc6-dev', 'libssl-dev', 'libsrtp2-dev'],
} as const;

/** Those of `names` that dpkg does not list as installed. On a system without dpkg: none, its own tools must be there. */
export function missingPackages(names: readonly string[]): string[] {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], {
    encoding: 'utf8',
  });
  if (query.error !== undefined) return [];
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/**
 * Installs what is missing when root, with apt's own output shown.
 * Errors: KERNEL_FEATURE_MISSING is not ours to throw here; EXEC_FAILED with the whole list when it cannot be done.
 */
export function ensurePackages(names: readonly string[], output: Output): void {
  const missing = missingPackages(names);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || process.env['ANCLOUD_APT'] === '0') {
    throw new AppError('EXEC_FAILED', `system packages are missing: ${missing.join(', ')}`, {
      field: 'packages',
      value: missing.join(' '),
      fix: `as root: ${command}`,
    });
  }
  output.step(`installing system packages: ${missing.join(' ')}`);
  // RUNLEVEL=1 keeps maintainer scripts from starting services (docker, dnsmasq) that nobody asked for.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args: string[]): void => {
    const options = ['-qq', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Dpkg::Use-Pty=0'];
    execFileSync('apt-get', [...options, ...args], {
      env,
      stdio: ['ignore', 2, 2],
    });
  };
  try {
    apt('install', '-y', '--no-install-recommends', ...missing);
  } catch {
    // A fresh machine has no package lists yet, or old ones.
    output.step('once more with fresh package lists');
    try {
      apt('update');
    } catch {
      // One dead source of many does not matter; whether the packages can be had is what counts.
    }
    try {
      apt('install', '-y', '--no-install-recommends', ...missing);
    } catch (cause) {
      throw new AppError('EXEC_FAILED', `apt could not install ${missing.join(', ')}`, {
        field: 'packages',
        value: missing.join(' '),
        fix: `run it by hand and read what it says: ${command}`,
        cause,
      });
    }
  }
}
