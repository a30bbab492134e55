import { describe, expect, it } from 'vitest';
import { capabilityNames } from './capabilities.js';
import { ociConfig } from './oci-config.js';
import type { OciConfig } from './oci-config.js';
import type { OciHost, OciPhone } from './oci-parts.js';
import { profiles } from './profiles/registry.js';
import { runSpecOf } from './run-spec.js';

/**
 * What Android's init.rc files write that is the whole machine's (AOSP rootdir/init.rc, vendor_redroid redroid.common.rc;
 * redroid-doc issues 366, 694, 932). A phone that could would, without any ill will.
 */
const HOST_WIDE = [
  '/proc/sys/kernel/modprobe',
  '/proc/sys/kernel/sysrq',
  '/proc/sys/kernel/panic_on_oops',
  '/proc/sys/kernel/hung_task_timeout_secs',
  '/proc/sys/kernel/sched_rt_runtime_us',
  '/proc/sys/kernel/randomize_va_space',
  '/proc/sys/kernel/perf_event_paranoid',
  '/proc/sys/kernel/pid_max',
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/vm/mmap_min_addr',
  '/proc/sys/vm/overcommit_memory',
  '/proc/sys/net/core/rmem_max',
  '/proc/sysrq-trigger',
  '/sys/power/state',
  '/sys/power/wake_lock',
  '/sys/kernel/mm/ksm/run',
  '/sys/kernel/debug/sched_features',
  '/sys/kernel/tracing/tracing_on',
  '/sys/module/lowmemorykiller/parameters/minfree',
  '/sys/firmware/efi/efivars',
];

const read = runSpecOf({
  imageId: `sha256:${'a'.repeat(64)}`,
  bootProperties: {},
  labels: {},
  idlePauseMinutes: 0,
  egressAllow: [],
  ports: [],
  gamepad: false,
});
if (!('run' in read)) throw new Error('the wish of this test is wrong');
const { run } = read;
const host: OciHost = {
  arch: 'x64',
  capabilities: new Set(capabilityNames),
  nofileHard: Infinity,
  binder: { kind: 'binderfs', major: 234 },
  devices: new Map(),
  sysctls: ['vm/mmap_rnd_bits', 'vm/mmap_rnd_compat_bits', 'kernel/kptr_restrict'],
};
const phone: OciPhone = {
  phoneId: 'ph_1',
  dns: '10.0.0.1',
  image: { androidVersion: '13' },
  sharedMemory: 'memfd',
  renderNode: undefined,
  startedAtNs: 0,
  rootfs: '/rootfs',
  data: '/d',
  kmsg: '/k',
  cmdline: '/c',
  sysctlDir: '/s',
  emptyFile: '/e',
  binderDir: '/b',
  binderSet: 0,
  inputDir: undefined,
  propertyFile: undefined,
  view: undefined,
  cgroup: '/g',
  base: undefined,
  has32Bit: true,
};

const below = (file: string, folder: string): boolean => file === folder || file.startsWith(`${folder}/`);

/** What a file of the configured tree is backed by, and whether that can be written. Masks and read-only paths lie over all mounts. */
function backing({ mounts, linux }: OciConfig, file: string): string {
  const paths = (key: string): readonly string[] => linux[key] as readonly string[];
  if (paths('maskedPaths').some((masked) => below(file, masked))) return 'masked';
  const mount = mounts.findLast(({ destination }) => below(file, destination));
  // A bind below a read-only path stays as it is: runtimes bind the path itself, recursively.
  if (mount?.type === 'bind') return 'private';
  if (paths('readonlyPaths').some((folder) => below(file, folder))) return 'read-only';
  return mount?.options.includes('ro') === true ? 'read-only' : (mount?.type ?? 'root');
}

describe.each(Object.values(profiles))('$name', (profile) => {
  const config = ociConfig(profile, run, host, phone);

  it.each(HOST_WIDE)('cannot write %s', (file) =>
    expect(['masked', 'read-only', 'tmpfs']).toContain(backing(config, file)),
  );

  it.each(host.sysctls)('has a private %s, which init insists on writing', (name) =>
    expect(backing(config, `/proc/sys/${name}`)).toBe('private'),
  );
});
