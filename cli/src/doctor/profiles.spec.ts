import { describe, expect, it } from 'vitest';
import { distributionOf, families, type Family, type KernelSigns, needsOf } from './profiles.js';

const config = `CONFIG_ANDROID_BINDERFS=y
CONFIG_IPV6_ROUTER_PREF=y
CONFIG_IPV6_ROUTE_INFO=y
CONFIG_IPV6_MULTIPLE_TABLES=y
CONFIG_IPV6_SUBTREES=y
`;
const whole: KernelSigns = {
  distributions: ['debian'],
  binderfs: true,
  binderSets: 0,
  binderModule: true,
  config,
  memfd: true,
  ashmem: true,
  selinux: 'absent',
  vsock: false,
  nodes: ['/dev/fuse', '/dev/net/tun', '/dev/dma_heap/system'],
};
const said = (family: Family, signs: Partial<KernelSigns>): string[] =>
  needsOf(family, { ...whole, ...signs }).map(({ level, what, fix }) => `${level} ${what} → ${fix}`);

describe('a kernel with everything', () => {
  it.each(families)('runs %s', (family) => expect(said(family, {})).toEqual([]));
});

it('the reference guest needs nothing of it', () =>
  expect(
    said('reference', { binderfs: false, memfd: false, ashmem: false, selinux: 'enforcing', nodes: [] }),
  ).toEqual([]));

describe('without binder', () => {
  const none = { binderfs: false, binderModule: false, config: '' };

  it.each([
    ['debian', 'modprobe binder_linux devices=binder,hwbinder,vndbinder gives one phone'],
    ['ubuntu', 'apt-get install linux-modules-extra-$(uname -r) && modprobe binder_linux'],
    ['fedora', 'dnf install kernel'],
    ['arch', 'pacman -S linux-zen'],
    ['plan9', 'use a kernel with CONFIG_ANDROID_BINDER_IPC and CONFIG_ANDROID_BINDERFS'],
  ])('%s says how to get it', (name, words) => {
    const [first = '', ...more] = said('waydroid', { ...none, distributions: [name] });
    expect(first).toMatch(/^must no binder: the kernel lacks CONFIG_ANDROID_BINDER_IPC/);
    expect(first).toContain(words);
    expect(more).toEqual([]);
  });

  it('loads what is there', () =>
    expect(said('redroid', { binderfs: false })).toEqual([
      'must binder_linux is not loaded → modprobe binder_linux devices=binder,hwbinder,vndbinder',
    ]));

  it('knows a module that has no binderfs', () =>
    expect(said('stock', { binderfs: false, config: '# CONFIG_ANDROID_BINDERFS is not set\n' })[0]).toMatch(
      /^must binder_linux is not loaded, and has no binderfs → Debian's kernels/,
    ));

  it('counts static nodes', () => {
    expect(said('redroid', { binderfs: false, binderSets: 1 })[0]).toMatch(/^better .* 1 phone at most/);
    expect(said('redroid', { binderfs: false, binderSets: 2 })[0]).toMatch(/2 phones at most/);
  });
});

describe('each family', () => {
  it.each<[Family, Partial<KernelSigns>, string]>([
    ['redroid', { selinux: 'enforcing' }, 'must SELinux is enforcing'],
    ['stock', { selinux: 'permissive' }, 'must SELinux is permissive, and its services need it off'],
    ['anbox', { ashmem: false }, 'must no /dev/ashmem, which Android 7 needs'],
    ['waydroid', { ashmem: false, memfd: false }, 'must neither memfd'],
    ['stock', { ashmem: false }, 'better no /dev/ashmem, which images before Android 10 need'],
    ['redroid', { vsock: true }, 'better vsock is in reach'],
    ['redroid', { nodes: ['/dev/fuse', '/dev/net/tun'] }, 'better no DMA-BUF heap'],
    ['anbox', { nodes: ['/dev/net/tun'] }, 'better no /dev/fuse'],
    [
      'redroid',
      { config: config.replace('CONFIG_IPV6_SUBTREES=y', '') },
      'better IPv6 routing as Android wants it → use a kernel with CONFIG_IPV6_SUBTREES',
    ],
  ])('%s with %j: %s', (family, signs, start) => {
    const lines = said(family, signs);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.startsWith(start), lines[0]).toBe(true);
  });

  it.each<[Family, Partial<KernelSigns>]>([
    ['redroid', { selinux: 'permissive' }],
    ['redroid', { ashmem: false }],
    ['stock', { selinux: 'disabled' }],
    ['anbox', { memfd: false }],
  ])('%s is fine with %j', (family, signs) => expect(said(family, signs)).toEqual([]));
});

it.each([
  [['ubuntu', 'debian'], 'ubuntu'],
  [['linuxmint', 'ubuntu', 'debian'], 'ubuntu'],
  [['raspbian', 'debian'], 'debian'],
  [['rocky', 'rhel', 'centos', 'fedora'], 'fedora'],
  [['manjaro', 'arch'], 'arch'],
  [['nixos'], 'other'],
  [[], 'other'],
])('%j is %s', (names, distribution) => expect(distributionOf(names)).toBe(distribution));
