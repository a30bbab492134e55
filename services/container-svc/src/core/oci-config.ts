import { ID_COUNT } from './addresses.js';
import type { Capability } from './capabilities.js';
import { bootArguments, type PhoneParameters, type RunProfile } from './profiles/profile.js';
import type { RunSpec } from './run-spec.js';
import { type Seccomp, seccomp } from './seccomp.js';

/** What of the host goes into a configuration. */
export interface OciHost {
  /** `process.arch`: x64, arm64. */
  readonly arch: string;
  /** CapBnd: a capability outside makes crun fail. */
  readonly capabilities: ReadonlySet<Capability>;
  /** Hard limit of open files; a higher one makes crun fail. */
  readonly nofileHard: number;
  /** Major of binder's devices, read at this start; undefined without binderfs. */
  readonly binderMajor: number | undefined;
  /** Paths of device nodes that exist. */
  readonly devices: ReadonlySet<string>;
  /** Those of `securitySysctls` that exist. */
  readonly sysctls: readonly string[];
}

/** Files and names made for this phone's boot. All paths are absolute on the host. */
export interface OciPhone extends PhoneParameters {
  readonly rootfs: string;
  readonly data: string;
  readonly kmsg: string;
  readonly cmdline: string;
  /** Directory with one file per entry of `OciHost.sysctls`, named by its last part. */
  readonly sysctlDir: string;
  readonly cgroup: string;
  /** Set when the phone has a user namespace. */
  readonly base: number | undefined;
  readonly has32Bit: boolean;
}

/**
 * Android's init insists on WRITING these three, and panics when it cannot; everything else in /proc/sys is host-wide and
 * read-only. So each gets a private file (AOSP system/core/init/security.cpp: SetMmapRndBitsAction, SetKptrRestrictAction).
 */
export const securitySysctls: Readonly<Record<string, string>> = {
  'vm/mmap_rnd_bits': '32\n',
  'vm/mmap_rnd_compat_bits': '16\n',
  'kernel/kptr_restrict': '2\n',
};

interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

interface OciDeviceRule {
  readonly allow: boolean;
  readonly type?: 'c';
  readonly major?: number;
  readonly minor?: number;
  readonly access: string;
}

/** The parts of runtime-spec's config.json that are used here. */
export interface OciConfig {
  readonly ociVersion: string;
  readonly process: Readonly<Record<string, unknown>>;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname: string;
  readonly mounts: readonly OciMount[];
  readonly linux: Readonly<Record<string, unknown>> & { readonly seccomp: Seccomp };
}

const NOFILE = 32_768;
const CPU_PERIOD = 100_000;

/** null, zero, full, random, urandom, tty, ptmx (kernel Documentation/admin-guide/devices.txt); pts/* are major 136. */
const basicDevices: readonly (readonly [number, number])[] = [
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 2],
];

/** config.json of one phone. Pure: the same input gives the same bytes. */
export function ociConfig(profile: RunProfile, run: RunSpec, host: OciHost, phone: OciPhone): OciConfig {
  const capabilities = profile.capabilities
    .filter((name) => host.capabilities.has(name))
    .map((name) => `CAP_${name}`);
  const nofile = Math.min(NOFILE, host.nofileHard);
  const ids = [{ containerID: 0, hostID: phone.base, size: ID_COUNT }];
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: [profile.init, ...bootArguments(profile, run, phone)],
      cwd: '/',
      env: profile.environment,
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
        inheritable: [],
        ambient: [],
      },
      rlimits: [
        { type: 'RLIMIT_NOFILE', hard: nofile, soft: nofile },
        // A crashing app must not fill the host's disk with core files.
        { type: 'RLIMIT_CORE', hard: 0, soft: 0 },
      ],
      noNewPrivileges: profile.noNewPrivileges,
    },
    root: { path: phone.rootfs, readonly: false },
    hostname: phone.phoneId.replaceAll('_', '-'),
    mounts: mounts(host, phone),
    linux: {
      namespaces: [
        'pid',
        'network',
        'mount',
        'uts',
        'ipc',
        'cgroup',
        ...(phone.base === undefined ? [] : ['user']),
      ].map((type) => ({ type })),
      ...(phone.base === undefined ? {} : { uidMappings: ids, gidMappings: ids }),
      devices: profile.devices
        .filter(({ path }) => host.devices.has(path))
        .map(({ path, major, minor, uid, gid, mode }) => ({
          path,
          type: 'c',
          major,
          minor,
          uid,
          gid,
          fileMode: mode,
        })),
      cgroupsPath: phone.cgroup,
      resources: {
        devices: deviceRules(profile, host),
        memory: { limit: run.memoryMib * 1024 * 1024 },
        cpu: { shares: 1024, quota: Math.round((run.cpuMillis * CPU_PERIOD) / 1_000), period: CPU_PERIOD },
        pids: { limit: run.pids },
      },
      maskedPaths: [
        '/proc/kcore',
        '/proc/keys',
        '/proc/kmsg',
        '/proc/latency_stats',
        '/proc/sched_debug',
        '/proc/timer_list',
        '/proc/scsi',
        '/proc/sysrq-trigger',
        '/sys/firmware',
        '/sys/kernel/debug',
        '/sys/kernel/security',
        '/sys/kernel/tracing',
      ],
      readonlyPaths: ['/proc/asound', '/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys'],
      seccomp: seccomp(host.arch, !phone.has32Bit),
    },
  };
}

function mounts(host: OciHost, phone: OciPhone): OciMount[] {
  const bind = (source: string, destination: string, ...options: string[]): OciMount => ({
    destination,
    type: 'bind',
    source,
    options: ['bind', 'nosuid', 'nodev', 'noexec', ...options],
  });
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    // gid 5 of other systems is nothing on Android: no gid option.
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0600'],
    },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', 'rw'],
    },
    { destination: '/data', type: 'bind', source: phone.data, options: ['bind', 'nosuid', 'nodev', 'rw'] },
    bind(phone.kmsg, '/dev/kmsg', 'rw'),
    bind(phone.cmdline, '/proc/cmdline', 'ro'),
    ...host.sysctls.map((name) =>
      bind(`${phone.sysctlDir}/${name.split('/').at(-1)}`, `/proc/sys/${name}`, 'rw'),
    ),
    ...(host.binderMajor === undefined
      ? []
      : [
          {
            destination: '/dev/binderfs',
            type: 'binder',
            source: 'binder',
            options: ['nosuid', 'noexec', 'max=64'],
          },
        ]),
  ];
}

/** Nothing, then what is named: mknod of the rest works nowhere, so does open. */
function deviceRules(profile: RunProfile, host: OciHost): OciDeviceRule[] {
  const allow = (major: number, minor?: number): OciDeviceRule => ({
    allow: true,
    type: 'c',
    major,
    ...(minor === undefined ? {} : { minor }),
    access: 'rwm',
  });
  return [
    { allow: false, access: 'rwm' },
    ...basicDevices.map(([major, minor]) => allow(major, minor)),
    allow(136),
    ...profile.devices
      .filter(({ path }) => host.devices.has(path))
      .map(({ major, minor }) => allow(major, minor)),
    ...(host.binderMajor === undefined ? [] : [allow(host.binderMajor)]),
  ];
}

/** The text over /proc/cmdline: what an unpatched init reads its androidboot.* from, and nothing of the host's. */
export function kernelCommandLine(profile: RunProfile, run: RunSpec, phone: PhoneParameters): string {
  return `${bootArguments(profile, run, phone).join(' ')}\n`;
}
