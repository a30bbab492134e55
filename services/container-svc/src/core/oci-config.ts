import { ID_COUNT } from './addresses.js';
import { deviceRules, ociDevices } from './oci-devices.js';
import { ociMounts } from './oci-mounts.js';
import type { OciHost, OciMount, OciPhone } from './oci-parts.js';
import { bootWords, type PhoneParameters, type RunProfile } from './profiles/profile.js';
import type { RunSpec } from './run-spec.js';
import { type Seccomp, seccomp, vsockRefusable } from './seccomp.js';

/**
 * Android's init insists on WRITING these three, and panics when it cannot; everything else in /proc/sys is host-wide and
 * read-only. So each gets a private file (AOSP system/core/init/security.cpp: SetMmapRndBitsAction, SetKptrRestrictAction).
 */
export const securitySysctls: Readonly<Record<string, string>> = {
  'vm/mmap_rnd_bits': '32\n',
  'vm/mmap_rnd_compat_bits': '16\n',
  'kernel/kptr_restrict': '2\n',
};

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
      args: profile.argv(bootWords(profile, run, phone), phone.image),
      cwd: '/',
      env: profile.environment(phone),
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
    mounts: ociMounts(profile, host, phone),
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
      devices: ociDevices(profile, host, phone),
      cgroupsPath: phone.cgroup,
      resources: {
        devices: deviceRules(profile, host, phone),
        memory: { limit: run.limits.memoryMib * 1024 * 1024 },
        cpu: {
          quota: Math.round((run.limits.cpuMillis * CPU_PERIOD) / 1_000),
          period: CPU_PERIOD,
          ...(run.limits.cpus === undefined ? {} : { cpus: run.limits.cpus }),
        },
        pids: { limit: run.limits.pids },
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
      seccomp: seccomp(host.arch, {
        refuseVsock: vsockRefusable(host.arch, phone.has32Bit),
        refuseBareMounts: profile.refusesBareMounts,
        answers: profile.callAnswers,
      }),
    },
  };
}

/** The text over /proc/cmdline: what an unpatched init reads its androidboot.* from, and nothing of the host's. */
export function kernelCommandLine(profile: RunProfile, run: RunSpec, phone: PhoneParameters): string {
  return `${bootWords(profile, run, phone).join(' ')}\n`;
}
