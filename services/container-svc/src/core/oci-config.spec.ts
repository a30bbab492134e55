import { describe, expect, it } from 'vitest';
import { capabilityNames } from './capabilities.js';
import { kernelCommandLine, ociConfig } from './oci-config.js';
import type { OciHost, OciPhone } from './oci-parts.js';
import { redroid } from './profiles/redroid.js';
import { reference } from './profiles/reference.js';
import { run } from './run-spec.fixture.js';

const host: OciHost = {
  arch: 'x64',
  capabilities: new Set(capabilityNames),
  nofileHard: Infinity,
  binder: { kind: 'none' },
  devices: new Map(),
  sysctls: ['vm/mmap_rnd_bits', 'vm/mmap_rnd_compat_bits', 'kernel/kptr_restrict'],
};
const phone: OciPhone = {
  phoneId: 'ph_1',
  dns: '192.168.240.1',
  image: { androidVersion: '13' },
  sharedMemory: 'memfd',
  renderNode: undefined,
  startedAtNs: 1_000,
  rootfs: '/run/a/phones/ph_1/rootfs',
  data: '/var/a/phones/ph_1/data',
  kmsg: '/run/a/phones/ph_1/kmsg',
  cmdline: '/run/a/phones/ph_1/bundle/cmdline',
  sysctlDir: '/run/a/phones/ph_1/bundle/sysctl',
  emptyFile: '/run/a/phones/ph_1/bundle/empty',
  binderDir: '/run/a/phones/ph_1/binder',
  binderSet: 0,
  inputDir: undefined,
  propertyFile: undefined,
  view: undefined,
  cgroup: '/ancloud-h/ph_1',
  base: 268_435_456,
  has32Bit: false,
};

/** One line per part, so that a change is a change of one line here. */
function lines(value: unknown, path = ''): string[] {
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object'))
    return [`${path} ${value.join(' ')}`];
  if (typeof value !== 'object' || value === null) return [`${path} ${String(value)}`];
  return Object.entries(value).flatMap(([name, inner]) =>
    lines(inner, path === '' ? name : `${path}.${name}`),
  );
}

describe('config.json of the reference guest in a user namespace', () => {
  const text = lines(ociConfig(reference, run, host, phone)).join('\n');

  it('is this and nothing else', () => {
    expect(text).toBe(`ociVersion 1.0.2
process.terminal false
process.user.uid 0
process.user.gid 0
process.args /init androidboot.hardware=redroid androidboot.ancloud_phone=ph_1 androidboot.redroid_width=720 androidboot.redroid_height=1280 androidboot.redroid_dpi=320 androidboot.redroid_fps=60 androidboot.redroid_gpu_mode=guest androidboot.redroid_net_ndns=1 androidboot.redroid_net_dns1=192.168.240.1 androidboot.use_memfd=true androidboot.my=value
process.cwd /
process.env PATH=/sbin:/system/bin:/vendor/bin ANDROID_ROOT=/system ANDROID_DATA=/data
${['bounding', 'effective', 'permitted']
  .map(
    (set) =>
      `process.capabilities.${set} CAP_AUDIT_WRITE CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_IPC_LOCK CAP_KILL CAP_MKNOD CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_CHROOT CAP_SYS_NICE CAP_SYS_PTRACE`,
  )
  .join('\n')}
process.capabilities.inheritable${' '}
process.capabilities.ambient${' '}
process.rlimits.0.type RLIMIT_NOFILE
process.rlimits.0.hard 32768
process.rlimits.0.soft 32768
process.rlimits.1.type RLIMIT_CORE
process.rlimits.1.hard 0
process.rlimits.1.soft 0
process.noNewPrivileges true
root.path /run/a/phones/ph_1/rootfs
root.readonly false
hostname ph-1
${[
  ['/proc', 'proc', 'proc', 'nosuid noexec nodev'],
  ['/dev', 'tmpfs', 'tmpfs', 'nosuid strictatime mode=755 size=65536k'],
  ['/dev/pts', 'devpts', 'devpts', 'nosuid noexec newinstance ptmxmode=0666 mode=0600'],
  ['/dev/shm', 'tmpfs', 'shm', 'nosuid noexec nodev mode=1777 size=65536k'],
  ['/sys', 'sysfs', 'sysfs', 'nosuid noexec nodev ro'],
  ['/sys/fs/cgroup', 'cgroup', 'cgroup', 'nosuid noexec nodev relatime rw'],
  ['/data', 'bind', '/var/a/phones/ph_1/data', 'bind nosuid nodev rw'],
  ['/dev/kmsg', 'bind', '/run/a/phones/ph_1/kmsg', 'bind nosuid nodev noexec rw'],
  ['/proc/cmdline', 'bind', '/run/a/phones/ph_1/bundle/cmdline', 'bind nosuid nodev noexec ro'],
  [
    '/proc/sys/vm/mmap_rnd_bits',
    'bind',
    '/run/a/phones/ph_1/bundle/sysctl/mmap_rnd_bits',
    'bind nosuid nodev noexec rw',
  ],
  [
    '/proc/sys/vm/mmap_rnd_compat_bits',
    'bind',
    '/run/a/phones/ph_1/bundle/sysctl/mmap_rnd_compat_bits',
    'bind nosuid nodev noexec rw',
  ],
  [
    '/proc/sys/kernel/kptr_restrict',
    'bind',
    '/run/a/phones/ph_1/bundle/sysctl/kptr_restrict',
    'bind nosuid nodev noexec rw',
  ],
]
  .map(([destination, type, source, options], at) =>
    [`destination ${destination}`, `type ${type}`, `source ${source}`, `options ${options}`]
      .map((line) => `mounts.${at}.${line}`)
      .join('\n'),
  )
  .join('\n')}
${['pid', 'network', 'mount', 'uts', 'ipc', 'cgroup', 'user'].map((type, at) => `linux.namespaces.${at}.type ${type}`).join('\n')}
${['uidMappings', 'gidMappings']
  .map((map) => `linux.${map}.0.containerID 0\nlinux.${map}.0.hostID 268435456\nlinux.${map}.0.size 2097152`)
  .join('\n')}
linux.devices${' '}
linux.cgroupsPath /ancloud-h/ph_1
linux.resources.devices.0.allow false
linux.resources.devices.0.access rwm
${[
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 2],
  [136, undefined],
]
  .map(([major, minor], at) =>
    [
      'allow true',
      'type c',
      `major ${major}`,
      ...(minor === undefined ? [] : [`minor ${minor}`]),
      'access rwm',
    ]
      .map((line) => `linux.resources.devices.${at + 1}.${line}`)
      .join('\n'),
  )
  .join('\n')}
linux.resources.memory.limit 536870912
linux.resources.cpu.quota 150000
linux.resources.cpu.period 100000
linux.resources.pids.limit 1000
linux.maskedPaths /proc/kcore /proc/keys /proc/kmsg /proc/latency_stats /proc/sched_debug /proc/timer_list /proc/scsi /proc/sysrq-trigger /sys/firmware /sys/kernel/debug /sys/kernel/security /sys/kernel/tracing
linux.readonlyPaths /proc/asound /proc/bus /proc/fs /proc/irq /proc/sys
linux.seccomp.defaultAction SCMP_ACT_ALLOW
linux.seccomp.architectures SCMP_ARCH_X86_64 SCMP_ARCH_X86 SCMP_ARCH_X32
linux.seccomp.syscalls.0.names acct add_key adjtimex bpf clock_adjtime clock_settime delete_module finit_module fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kexec_file_load kexec_load keyctl lookup_dcookie mount_setattr move_mount name_to_handle_at nfsservctl open_by_handle_at open_tree perf_event_open pivot_root quotactl request_key settimeofday swapoff swapon vm86 vm86old
linux.seccomp.syscalls.0.action SCMP_ACT_ERRNO
linux.seccomp.syscalls.0.errnoRet 1
${['unshare', 'clone']
  .map(
    (name, at) => `linux.seccomp.syscalls.${at + 1}.names ${name}
linux.seccomp.syscalls.${at + 1}.action SCMP_ACT_ERRNO
linux.seccomp.syscalls.${at + 1}.errnoRet 1
linux.seccomp.syscalls.${at + 1}.args.0.index 0
linux.seccomp.syscalls.${at + 1}.args.0.value 268435456
linux.seccomp.syscalls.${at + 1}.args.0.valueTwo 268435456
linux.seccomp.syscalls.${at + 1}.args.0.op SCMP_CMP_MASKED_EQ`,
  )
  .join('\n')}
linux.seccomp.syscalls.3.names clone3
linux.seccomp.syscalls.3.action SCMP_ACT_ERRNO
linux.seccomp.syscalls.3.errnoRet 38
linux.seccomp.syscalls.4.names socket
linux.seccomp.syscalls.4.action SCMP_ACT_ERRNO
linux.seccomp.syscalls.4.errnoRet 97
linux.seccomp.syscalls.4.args.0.index 0
linux.seccomp.syscalls.4.args.0.value 40
linux.seccomp.syscalls.4.args.0.op SCMP_CMP_EQ`);
  });

  it('is the same bytes for the same input', () => {
    expect(JSON.stringify(ociConfig(reference, run, host, phone))).toBe(
      JSON.stringify(ociConfig(reference, run, host, phone)),
    );
  });
});

describe('config.json of a redroid image on a kernel with binder', () => {
  const binderHost = {
    ...host,
    binder: { kind: 'binderfs', major: 234 },
    devices: new Map([
      ['/dev/fuse', { major: 10, minor: 229 }],
      ['/dev/net/tun', { major: 10, minor: 200 }],
    ]),
  } as const;
  const config = ociConfig(redroid, run, binderHost, { ...phone, base: undefined, has32Bit: true });
  const text = lines(config);

  it.each([
    'process.noNewPrivileges false',
    'process.env PATH=/sbin:/system/sbin:/system/bin:/vendor/bin:/system/xbin',
    'process.capabilities.bounding CAP_AUDIT_CONTROL CAP_AUDIT_WRITE CAP_BLOCK_SUSPEND CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_IPC_LOCK CAP_KILL CAP_LEASE CAP_MKNOD CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_CHROOT CAP_SYS_NICE CAP_SYS_PTRACE CAP_SYS_RESOURCE CAP_SYSLOG CAP_WAKE_ALARM',
    'mounts.12.destination /dev/binderfs',
    'mounts.12.type binder',
    'mounts.12.source binder',
    'mounts.12.options nosuid noexec max=64',
    'linux.devices.0.path /dev/fuse',
    'linux.devices.0.fileMode 438',
    'linux.devices.1.path /dev/net/tun',
    'linux.devices.1.gid 1016',
    'linux.devices.2.path /dev/tun',
    'linux.resources.devices.9.minor 229',
    'linux.resources.devices.12.major 234',
    'linux.seccomp.syscalls.3.names clone3',
  ])('says %s', (line) => expect(text).toContain(line));

  it('has no user namespace, no rule that would break 32-bit sockets, all of binder’s minors', () => {
    expect(text.filter((line) => /namespaces.*user|Mappings|names socket/.test(line))).toEqual([]);
    expect(text).not.toContain('linux.resources.devices.12.minor 0');
    expect(text.filter((line) => line.startsWith('linux.seccomp.syscalls.4.names'))).toEqual([
      'linux.seccomp.syscalls.4.names mount',
    ]);
  });
});

describe('a host that lacks something', () => {
  const poor = {
    ...host,
    capabilities: new Set(['CHOWN', 'KILL'] as const),
    nofileHard: 20_000,
    sysctls: ['kernel/kptr_restrict'],
  };
  const config = ociConfig(redroid, run, poor, { ...phone, base: undefined });

  it('gives only what it has', () => {
    expect(config.process['capabilities']).toMatchObject({ bounding: ['CAP_CHOWN', 'CAP_KILL'] });
    expect(lines(config)).toContain('process.rlimits.0.hard 20000');
    expect(config.mounts.filter(({ destination }) => destination.startsWith('/proc/sys'))).toHaveLength(1);
    expect(config.linux['devices']).toEqual([]);
    expect(config.mounts.some(({ type }) => type === 'binder')).toBe(false);
  });

  it('has no list of architectures it does not know', () => {
    expect(ociConfig(reference, run, { ...host, arch: 'arm64' }, phone).linux.seccomp.architectures).toEqual([
      'SCMP_ARCH_AARCH64',
      'SCMP_ARCH_ARM',
    ]);
    expect(
      ociConfig(reference, run, { ...host, arch: 'riscv64' }, phone).linux.seccomp.architectures,
    ).toEqual([]);
  });
});

it('writes the same parameters over /proc/cmdline as into argv', () => {
  const config = ociConfig(reference, run, host, phone);
  expect(kernelCommandLine(reference, run, phone)).toBe(
    `${(config.process['args'] as string[]).slice(1).join(' ')}\n`,
  );
});

it('lets the partner’s property win over the profile’s', () => {
  const wished = { ...run, bootProperties: [['androidboot.redroid_gpu_mode', 'host']] as const };
  const words = kernelCommandLine(redroid, wished, phone).split(/\s/);
  expect(words.filter((word) => word.startsWith('androidboot.redroid_gpu_mode'))).toEqual([
    'androidboot.redroid_gpu_mode=host',
  ]);
});
