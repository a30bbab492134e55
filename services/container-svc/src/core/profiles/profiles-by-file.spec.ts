import { describe, expect, it } from 'vitest';
import { kernelCommandLine } from '../oci-config.js';
import { propertyText } from '../property-file.js';
import { run } from '../run-spec.fixture.js';
import { anbox } from './anbox.js';
import {
  after,
  basics,
  before,
  cgroup,
  configOf,
  devices,
  mounts,
  phone,
  rules,
  staticHost,
  text,
  words,
} from './profiles.fixture.js';
import { stock } from './stock.js';
import { waydroid } from './waydroid.js';

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
