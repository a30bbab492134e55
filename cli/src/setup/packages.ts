import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';
import type { Layout } from '../layout.js';
import { runScript } from './run.js';

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
    'squashfs-tools',
    'e2fsprogs',
    'ffmpeg',
    'ca-certificates',
  ],
  /** To run every tier of the tests, beside a browser (chromium.ts). */
  test: [
    'git',
    'python3',
    'adb',
    'docker.io',
    'mmdebstrap',
    'qemu-system-x86',
    'strace',
    'iputils-ping',
    'umoci',
    'skopeo',
    'android-sdk-libsparse-utils',
    'mkbootimg',
    'erofs-utils',
    'squashfs-tools',
    'lxcfs',
    'cpio',
    'lz4',
    'zip',
    'attr',
    'openssl',
    'coturn',
    'tesseract-ocr',
    // A viewer that does what no browser does: bench/native/hostile.c.
    'gcc',
    'make',
    'libc6-dev',
    'libssl-dev',
    'libsrtp2-dev',
  ],
  /** To measure, beside a browser and what a farm needs: a peer engine, and what bench/native is built with. */
  bench: ['docker.io', 'gcc', 'make', 'libc6-dev', 'libssl-dev', 'libsrtp2-dev', 'libusrsctp-dev'],
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

/** Installs what is missing when root. Errors: EXEC_FAILED with the whole list when it cannot be done. */
export async function ensurePackages(layout: Layout, names: readonly string[]): Promise<void> {
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
  await runScript([path.join(layout.root, 'tools/apt/need.sh'), 'ancloud', ...missing], {
    cwd: layout.root,
    fix: `run it by hand and read what it says: ${command}`,
  });
}
