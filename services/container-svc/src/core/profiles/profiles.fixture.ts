import { capabilityNames } from '../capabilities.js';
import { ociConfig } from '../oci-config.js';
import type { OciHost, OciPhone } from '../oci-parts.js';
import { propertyText } from '../property-file.js';
import { run } from '../run-spec.fixture.js';
import type { RunProfile } from './profile.js';

/** A kernel with everything that a profile may give. */
export const host: OciHost = {
  arch: 'x64',
  capabilities: new Set(capabilityNames),
  nofileHard: Infinity,
  binder: { kind: 'binderfs', major: 234 },
  devices: new Map([
    ['/dev/fuse', { major: 10, minor: 229 }],
    ['/dev/net/tun', { major: 10, minor: 200 }],
    ['/dev/dma_heap/system', { major: 250, minor: 0 }],
    ['/dev/ashmem', { major: 10, minor: 55 }],
    ['/dev/dri/renderD128', { major: 226, minor: 128 }],
  ]),
  sysctls: ['kernel/kptr_restrict'],
};
export const staticHost: OciHost = {
  ...host,
  binder: {
    kind: 'static',
    sets: [0, 1].map((set) => ({
      binder: { major: 10, minor: 60 + set },
      hwbinder: { major: 10, minor: 70 + set },
      vndbinder: { major: 10, minor: 80 + set },
    })),
  },
};
export const phone: OciPhone = {
  phoneId: 'ph_1',
  dns: '192.168.240.1',
  image: { androidVersion: '13' },
  sharedMemory: 'memfd',
  renderNode: undefined,
  startedAtNs: 12_000_000_345,
  rootfs: '/run/a/phones/ph_1/rootfs',
  data: '/var/a/phones/ph_1/data',
  kmsg: '/r/kmsg',
  cmdline: '/r/cmdline',
  sysctlDir: '/r/sysctl',
  emptyFile: '/r/empty',
  binderDir: '/r/binder',
  binderSet: 1,
  inputDir: undefined,
  propertyFile: undefined,
  view: undefined,
  cgroup: '/ancloud-h/ph_1',
  base: undefined,
  has32Bit: false,
};

export const configOf = (profile: RunProfile, of: OciPhone = phone, on: OciHost = host) =>
  ociConfig(profile, run, on, of);
export const words = (config: ReturnType<typeof configOf>): readonly string[] =>
  config.process['args'] as readonly string[];
/** `destination type source options`, a line each. */
export const mounts = (config: ReturnType<typeof configOf>): string =>
  config.mounts
    .map(({ destination, type, source, options }) => `${destination} ${type} ${source} ${options.join(',')}`)
    .join('\n');
/** `path major:minor uid:gid mode`, a line each. */
export const devices = (config: ReturnType<typeof configOf>): string[] =>
  (
    config.linux['devices'] as {
      path: string;
      major: number;
      minor: number;
      uid: number;
      gid: number;
      fileMode: number;
    }[]
  ).map(
    ({ path, major, minor, uid, gid, fileMode }) =>
      `${path} ${major}:${minor} ${uid}:${gid} ${fileMode.toString(8)}`,
  );
export const rules = (config: ReturnType<typeof configOf>): string =>
  (config.linux['resources'] as { devices: { allow: boolean; major?: number; minor?: number }[] }).devices
    .map(({ allow, major = '*', minor = '*' }) => `${allow ? '+' : '-'}${major}:${minor}`)
    .join(' ');
export const basics = '-*:* +1:3 +1:5 +1:7 +1:8 +1:9 +5:0 +5:2 +136:*';
export const text = (profile: RunProfile, of: OciPhone = phone): string =>
  propertyText(profile.propertyFile?.properties(run, of) ?? []);

export const before = `/proc proc proc nosuid,noexec,nodev
/dev tmpfs tmpfs nosuid,strictatime,mode=755,size=65536k
/dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0600
/dev/shm tmpfs shm nosuid,noexec,nodev,mode=1777,size=65536k
/sys sysfs sysfs nosuid,noexec,nodev,ro`;
export const cgroup = (mode: string): string =>
  `/sys/fs/cgroup cgroup cgroup nosuid,noexec,nodev,relatime,${mode}`;
export const after = `/data bind /var/a/phones/ph_1/data bind,nosuid,nodev,rw
/dev/kmsg bind /r/kmsg bind,nosuid,nodev,noexec,rw
/proc/cmdline bind /r/cmdline bind,nosuid,nodev,noexec,ro
/proc/sys/kernel/kptr_restrict bind /r/sysctl/kptr_restrict bind,nosuid,nodev,noexec,rw`;
