import { describe, expect, it } from 'vitest';
import { capabilityNames } from '../capabilities.js';
import { kernelCommandLine, ociConfig } from '../oci-config.js';
import type { OciHost, OciPhone } from '../oci-parts.js';
import { propertyText } from '../property-file.js';
import { run } from '../run-spec.fixture.js';
import { anbox } from './anbox.js';
import type { RunProfile } from './profile.js';
import { redroid } from './redroid.js';
import { reference } from './reference.js';
import { profiles } from './registry.js';
import { stock } from './stock.js';
import { waydroid } from './waydroid.js';

/** A kernel with everything that a profile may give. */
const host: OciHost = {
  arch: 'x64',
  capabilities: new Set(capabilityNames),
  nofileHard: Infinity,
  phoneCpus: undefined,
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
const staticHost: OciHost = {
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
const phone: OciPhone = {
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
  propertyFile: undefined,
  view: undefined,
  cgroup: '/ancloud-h/ph_1',
  base: undefined,
  has32Bit: false,
};

const configOf = (profile: RunProfile, of: OciPhone = phone, on: OciHost = host) =>
  ociConfig(profile, run, on, of);
const words = (config: ReturnType<typeof configOf>): readonly string[] =>
  config.process['args'] as readonly string[];
/** `destination type source options`, a line each. */
const mounts = (config: ReturnType<typeof configOf>): string =>
  config.mounts
    .map(({ destination, type, source, options }) => `${destination} ${type} ${source} ${options.join(',')}`)
    .join('\n');
/** `path major:minor uid:gid mode`, a line each. */
const devices = (config: ReturnType<typeof configOf>): string[] =>
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
const rules = (config: ReturnType<typeof configOf>): string =>
  (config.linux['resources'] as { devices: { allow: boolean; major?: number; minor?: number }[] }).devices
    .map(({ allow, major = '*', minor = '*' }) => `${allow ? '+' : '-'}${major}:${minor}`)
    .join(' ');
const basics = '-*:* +1:3 +1:5 +1:7 +1:8 +1:9 +5:0 +5:2 +136:*';
const text = (profile: RunProfile, of: OciPhone = phone): string =>
  propertyText(profile.propertyFile?.properties(run, of) ?? []);

const before = `/proc proc proc nosuid,noexec,nodev
/dev tmpfs tmpfs nosuid,strictatime,mode=755,size=65536k
/dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0600
/dev/shm tmpfs shm nosuid,noexec,nodev,mode=1777,size=65536k
/sys sysfs sysfs nosuid,noexec,nodev,ro`;
const cgroup = (mode: string): string => `/sys/fs/cgroup cgroup cgroup nosuid,noexec,nodev,relatime,${mode}`;
const after = `/data bind /var/a/phones/ph_1/data bind,nosuid,nodev,rw
/dev/kmsg bind /r/kmsg bind,nosuid,nodev,noexec,rw
/proc/cmdline bind /r/cmdline bind,nosuid,nodev,noexec,ro
/proc/sys/kernel/kptr_restrict bind /r/sysctl/kptr_restrict bind,nosuid,nodev,noexec,rw`;

describe('redroid', () => {
  const config = configOf(redroid);

  it('is told everything in argv, and the same in /proc/cmdline', () => {
    expect(words(config).join(' ')).toBe(
      '/init androidboot.hardware=redroid androidboot.ancloud_phone=ph_1 androidboot.redroid_width=720 androidboot.redroid_height=1280 androidboot.redroid_dpi=320 androidboot.redroid_fps=60 androidboot.redroid_gpu_mode=guest androidboot.redroid_net_ndns=1 androidboot.redroid_net_dns1=192.168.240.1 androidboot.use_memfd=true androidboot.my=value',
    );
    expect(kernelCommandLine(redroid, run, phone)).toBe(`${words(config).slice(1).join(' ')}\n`);
  });

  it('has a whole binderfs, and these mounts', () =>
    expect(mounts(config)).toBe(
      `${before}\n${cgroup('rw')}\n${after}\n/dev/binderfs binder binder nosuid,noexec,max=64`,
    ));

  it('has these nodes and no others', () => {
    expect(devices(config)).toEqual([
      '/dev/fuse 10:229 0:0 666',
      '/dev/net/tun 10:200 1000:1016 660',
      '/dev/tun 10:200 1000:1016 660',
      '/dev/dma_heap/system 250:0 1000:1000 444',
    ]);
    expect(rules(config)).toBe(`${basics} +10:229 +10:200 +10:200 +250:0 +234:*`);
  });

  it('shares memory by ashmem where the kernel has no memfd', () => {
    const old = configOf(redroid, { ...phone, sharedMemory: 'ashmem' });
    expect(words(old)).toContain('androidboot.use_memfd=false');
    expect(devices(old)).toContain('/dev/ashmem 10:55 0:0 666');
  });

  it('draws with the render node it was promised', () => {
    const gpu = configOf(redroid, { ...phone, renderNode: 'renderD128' });
    expect(words(gpu)).toContain('androidboot.redroid_gpu_mode=host');
    expect(words(gpu)).toContain('androidboot.redroid_gpu_node=/dev/dri/renderD128');
    expect(devices(gpu)).toContain('/dev/dri/renderD128 226:128 0:1003 666');
    expect(rules(gpu)).toContain('+226:128');
  });

  it('has the nodes of its own set where the kernel has no binderfs', () => {
    const config1 = configOf(redroid, phone, staticHost);
    expect(devices(config1).slice(-3)).toEqual([
      '/dev/binder 10:61 0:0 666',
      '/dev/hwbinder 10:71 0:0 666',
      '/dev/vndbinder 10:81 0:0 666',
    ]);
    expect(rules(config1)).toBe(`${basics} +10:229 +10:200 +10:200 +250:0 +10:61 +10:71 +10:81`);
    expect(mounts(config1)).not.toContain('binderfs');
  });
});

describe('waydroid', () => {
  const config = configOf(waydroid, {
    ...phone,
    propertyFile: { source: '/r/properties', target: '/vendor/waydroid.prop' },
  });

  it('is told by a file: init has no arguments', () => {
    expect(words(config)).toEqual(['/init']);
    expect(config.process['env']).toEqual(['PATH=/sbin:/system/sbin:/system/bin:/vendor/bin:/system/xbin']);
    expect(kernelCommandLine(waydroid, run, phone)).toBe(
      'androidboot.hardware=waydroid androidboot.ancloud_phone=ph_1 androidboot.my=value\n',
    );
  });

  it('has three nodes, its property file and these mounts', () =>
    expect(mounts(config)).toBe(`${before}
/mnt_extra tmpfs tmpfs nodev
/tmp tmpfs tmpfs nodev
/var tmpfs tmpfs nodev
/run tmpfs tmpfs nodev
/run/xdg tmpfs tmpfs nodev
${cgroup('ro')}
${after}
/vendor/waydroid.prop bind /r/properties bind,nosuid,nodev,noexec,ro
/dev/binder bind /r/binder/binder bind,nosuid,noexec,rw
/dev/hwbinder bind /r/binder/hwbinder bind,nosuid,noexec,rw
/dev/vndbinder bind /r/binder/vndbinder bind,nosuid,noexec,rw`));

  it('has these nodes and no others', () => {
    expect(devices(config)).toEqual([
      '/dev/fuse 10:229 0:0 666',
      '/dev/tun 10:200 1000:1016 660',
      '/dev/dma_heap/system 250:0 1000:1000 444',
    ]);
    expect(rules(config)).toBe(`${basics} +10:229 +10:200 +250:0 +234:*`);
    expect(devices(configOf(waydroid, phone, staticHost)).slice(-3)).toEqual([
      '/dev/binder 10:61 0:0 666',
      '/dev/hwbinder 10:71 0:0 666',
      '/dev/vndbinder 10:81 0:0 666',
    ]);
  });

  it('has this waydroid.prop', () => {
    expect(text(waydroid)).toBe(`sys.use_memfd=true
ro.adb.secure=1
ro.debuggable=0
debug.stagefright.ccodec=0
ro.hardware.gralloc=default
ro.hardware.egl=swiftshader
ro.opengles.version=196610
waydroid.updater.disabled=true
ro.vndk.lite=true
waydroid.host.uid=0
waydroid.host.gid=0
waydroid.xdg_runtime_dir=/run/xdg
waydroid.wayland_display=wayland-0
ro.sf.lcd_density=320
persist.waydroid.width=720
persist.waydroid.height=1280
service.adb.tcp.port=5555
`);
    expect(text(waydroid, { ...phone, sharedMemory: 'ashmem', renderNode: 'renderD128' })).toBe(
      `ro.adb.secure=1
ro.debuggable=0
gralloc.gbm.device=/dev/dri/renderD128
debug.stagefright.ccodec=0
ro.hardware.gralloc=gbm
ro.hardware.egl=mesa
${text(waydroid).slice(text(waydroid).indexOf('ro.opengles'))}`,
    );
  });

  it('has Waydroid’s capabilities without the clock’s, and no new privileges', () => {
    expect(config.process['noNewPrivileges']).toBe(true);
    expect(
      (config.process['capabilities'] as { bounding: string[] }).bounding.map((name) =>
        name.replace('CAP_', '').toLowerCase(),
      ),
    ).toEqual(
      'audit_control block_suspend chown dac_override dac_read_search fowner fsetid ipc_lock kill mknod net_admin net_bind_service net_raw setgid setpcap setuid sys_admin sys_boot sys_chroot sys_nice sys_ptrace sys_resource syslog wake_alarm'.split(
        ' ',
      ),
    );
  });

  it('is answered as waydroid.seccomp answers', () => {
    const answers = config.linux.seccomp.syscalls.slice(-2);
    expect(answers.map(({ names, errnoRet }) => [errnoRet, names.join(' ')])).toEqual([
      [0, 'adjtimex clock_adjtime clock_settime settimeofday add_key keyctl request_key swapoff swapon'],
      [38, 'open_by_handle_at'],
    ]);
  });
});

describe('anbox', () => {
  const config = configOf(anbox, {
    ...phone,
    image: { androidVersion: '7.1.1' },
    sharedMemory: 'ashmem',
    base: 268_435_456,
    propertyFile: { source: '/r/properties', target: '/default.prop' },
  });

  it('begins with the image’s own script, in a user namespace', () => {
    expect(words(config)).toEqual(['/anbox-init.sh']);
    expect(config.process['env']).toEqual(['PATH=/system/bin:/system/sbin:/system/xbin']);
    expect(config.linux['uidMappings']).toEqual([{ containerID: 0, hostID: 268_435_456, size: 2_097_152 }]);
    expect(kernelCommandLine(anbox, run, phone)).toBe(
      'androidboot.hardware=goldfish androidboot.ancloud_phone=ph_1 androidboot.my=value\n',
    );
  });

  it('has one binder node, its nodes bound, and these mounts', () => {
    expect(mounts(config)).toBe(`${before}
${cgroup('rw')}
${after}
/default.prop bind /r/properties bind,nosuid,nodev,noexec,ro
/dev/fuse bind /dev/fuse bind,nosuid,noexec,rw
/dev/tun bind /dev/net/tun bind,nosuid,noexec,rw
/dev/ashmem bind /dev/ashmem bind,nosuid,noexec,rw
/dev/binder bind /r/binder/binder bind,nosuid,noexec,rw`);
    expect(devices(config)).toEqual([]);
    expect(rules(config)).toBe(`${basics} +10:229 +10:200 +10:55 +234:*`);
  });

  it('has these lines before its default.prop, and a static address', () => {
    expect(text(anbox)).toBe(
      'ro.boot.fake_battery=1\nro.sf.lcd_density=320\nro.adb.secure=1\nservice.adb.tcp.port=5555\n',
    );
    expect(anbox.propertyFile?.keepsOld).toBe(true);
    expect(anbox.ipConfig).toBe(true);
  });

  it('drops what Anbox drops', () => {
    const { bounding } = config.process['capabilities'] as { bounding: string[] };
    expect(bounding).not.toContain('CAP_WAKE_ALARM');
    expect(bounding).toHaveLength(27);
  });
});

describe('stock', () => {
  const covered = { source: '/r/properties', target: '/system/etc/prop.default' };
  const config = configOf(stock, { ...phone, base: 268_435_456, propertyFile: covered });

  it.each<[string, string]>([
    ['8.0.0', '/init second_stage'],
    ['9', '/init second_stage'],
    ['10', '/system/bin/init second_stage'],
    ['16', '/system/bin/init second_stage'],
    ['', '/system/bin/init second_stage'],
  ])('of Android %s begins with %s', (androidVersion, wanted) =>
    expect(words(configOf(stock, { ...phone, image: { androidVersion } })).join(' ')).toBe(wanted),
  );

  it('has the environment that first-stage init leaves', () =>
    expect(config.process['env']).toEqual([
      'PATH=/sbin:/system/sbin:/system/bin:/vendor/bin:/system/xbin',
      'INIT_SECOND_STAGE=true',
      'INIT_STARTED_AT=12000000345',
      'INIT_SELINUX_TOOK=0',
    ]));

  it('has what an unpatched init needs, in these mounts', () =>
    expect(mounts(config)).toBe(`${before}
/dev/socket tmpfs tmpfs nosuid,nodev,noexec,mode=755
/mnt tmpfs tmpfs nosuid,nodev,noexec,mode=755,gid=1000
/dev/.coldboot_done bind /r/empty bind,nosuid,nodev,noexec,ro
/sys/fs tmpfs tmpfs nosuid,nodev,noexec,mode=755
/sys/fs/selinux/null bind /dev/null bind,nosuid,noexec,rw
${cgroup('rw')}
${after}
/system/etc/prop.default bind /r/properties bind,nosuid,nodev,noexec,ro
/dev/fuse bind /dev/fuse bind,nosuid,noexec,rw
/dev/net/tun bind /dev/net/tun bind,nosuid,noexec,rw
/dev/tun bind /dev/net/tun bind,nosuid,noexec,rw
/dev/dma_heap/system bind /dev/dma_heap/system bind,nosuid,noexec,rw
/dev/binder bind /r/binder/binder bind,nosuid,noexec,rw
/dev/hwbinder bind /r/binder/hwbinder bind,nosuid,noexec,rw
/dev/vndbinder bind /r/binder/vndbinder bind,nosuid,noexec,rw`));

  it('has its parameters in /proc/cmdline and these lines before its prop.default', () => {
    expect(kernelCommandLine(stock, run, phone)).toBe(
      'androidboot.hardware=ranchu androidboot.ancloud_phone=ph_1 androidboot.my=value\n',
    );
    expect(text(stock)).toBe(
      'ro.adb.secure=1\nservice.adb.tcp.port=5555\nro.sf.lcd_density=320\nsys.use_memfd=true\n',
    );
    expect(text(stock, { ...phone, sharedMemory: 'ashmem' })).not.toContain('memfd');
  });

  it('may be another piece of hardware when the partner says so', () => {
    const told = { ...run, bootProperties: [['androidboot.hardware', 'cutf']] as const };
    expect(kernelCommandLine(stock, told, phone)).toMatch(/^androidboot\.hardware=cutf /);
  });
});

// Its whole config.json, on a kernel without binder, is in oci-config.spec.ts.
describe('reference', () => {
  const config = configOf(reference, { ...phone, base: 268_435_456 });

  it('is told what redroid is told', () => expect(words(config)).toEqual(words(configOf(redroid))));

  it('has a whole binderfs where the kernel has one, in its user namespace, and these mounts', () =>
    expect(mounts(config)).toBe(
      `${before}\n${cgroup('rw')}\n${after}\n/dev/binderfs binder binder nosuid,noexec,max=64`,
    ));

  it('has no nodes of the machine, and opens binder’s', () => {
    expect(devices(config)).toEqual([]);
    expect(rules(config)).toBe(`${basics} +234:*`);
  });

  it('runs without a set of its own where the kernel has static nodes', () => {
    const fixed = configOf(reference, { ...phone, binderSet: 9 }, staticHost);
    expect(mounts(fixed)).toBe(`${before}\n${cgroup('rw')}\n${after}`);
    expect(rules(fixed)).toBe(basics);
  });
});

describe('the view that lxcfs gives', () => {
  const view = {
    dir: '/var/lib/lxcfs',
    device: 41,
    files: ['proc/meminfo', 'sys/devices/system/cpu/online'],
  };
  const wanted = `/proc/meminfo bind /var/lib/lxcfs/proc/meminfo bind,nosuid,nodev,noexec,ro
/sys/devices/system/cpu/online bind /var/lib/lxcfs/sys/devices/system/cpu/online bind,nosuid,nodev,noexec,ro`;

  it.each(
    Object.values(profiles).flatMap((profile) =>
      [undefined, 268_435_456].map((base): [string, RunProfile, OciPhone] => [
        `${profile.name}, ${base === undefined ? 'as the machine’s root' : 'in a user namespace'}`,
        profile,
        { ...phone, base },
      ]),
    ),
  )('is two lines more: %s', (_, profile, of) => {
    const without = mounts(configOf(profile, of)).split('\n');
    const lines = mounts(configOf(profile, { ...of, view })).split('\n');
    expect(lines.filter((line) => !without.includes(line)).join('\n')).toBe(wanted);
    expect(lines.filter((line) => without.includes(line))).toEqual(without);
    const at = (start: string): number => lines.findIndex((line) => line.startsWith(start));
    expect(at('/proc/meminfo')).toBeGreaterThan(at('/proc proc'));
    expect(at('/sys/devices')).toBeGreaterThan(at('/sys sysfs'));
  });
});

describe('a property file', () => {
  it.each<[string, string]>([
    ['ro.a', 'b\nro.secure=0'],
    ['ro.a', 'b\0'],
    ['ro.a', ' b'],
    ['ro.a=1', 'b'],
    ['ro a', 'b'],
    ['', 'b'],
  ])('cannot be written with %j=%j', (name, value) =>
    expect(() => propertyText([[name, value]])).toThrow(RangeError),
  );
});
