import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import zlib from 'node:zlib';
import type { KernelSigns } from './profiles.js';

/** Reads the machine. Nothing is loaded or changed: a module that could be loaded is only looked for. */
export function kernelSigns(): KernelSigns {
  const filesystems = text('/proc/filesystems');
  return {
    distributions: distributions(text('/etc/os-release')),
    binderfs: /^nodev\s+binder$/m.test(filesystems),
    binderSets: binderSets(),
    binderModule: hasModule('binder_linux'),
    config: kernelConfig(),
    memfd: isAtLeast(os.release(), 5, 1),
    ashmem: fs.existsSync('/dev/ashmem'),
    selinux: selinux(filesystems),
    vsock: os.arch() === 'x64' && (/^vsock /m.test(text('/proc/modules')) || hasModule('vsock')),
    nodes: ['/dev/fuse', '/dev/net/tun', '/dev/dma_heap/system'].filter((node) => fs.existsSync(node)),
  };
}

export function distributions(osRelease: string): string[] {
  const value = (name: string): string =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  return `${value('ID')} ${value('ID_LIKE')}`.split(' ').filter((name) => name !== '');
}

function selinux(filesystems: string): string {
  const enforce = text('/sys/fs/selinux/enforce').trim();
  if (enforce === '1') return 'enforcing';
  if (enforce === '0') return 'permissive';
  const known = /^nodev\s+selinuxfs$/m.test(filesystems) || /^SELINUX=/m.test(text('/etc/selinux/config'));
  return known ? 'disabled' : 'absent';
}

/** `binder, hwbinder, vndbinder`, then `binder1, hwbinder1, vndbinder1`, … until one is not whole. */
function binderSets(): number {
  const whole = (suffix: string): boolean =>
    ['binder', 'hwbinder', 'vndbinder'].every((name) => fs.existsSync(`/dev/${name}${suffix}`));
  let count = 0;
  while (whole(count === 0 ? '' : String(count))) count += 1;
  return count;
}

function kernelConfig(): string {
  try {
    return zlib.gunzipSync(fs.readFileSync('/proc/config.gz')).toString('latin1');
  } catch {
    return text(`/boot/config-${os.release()}`);
  }
}

function hasModule(name: string): boolean {
  return spawnSync('modinfo', ['-n', name], { stdio: 'ignore' }).status === 0;
}

function isAtLeast(release: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  return first > major || (first === major && second >= minor);
}

function text(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
