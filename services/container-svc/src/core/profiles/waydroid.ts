import { androidPath, bootCompleted, dmaHeap, fuse, ion, threeNodes, tun } from './android.js';
import type { RunProfile } from './profile.js';

const ENOSYS = 38;

/**
 * Waydroid's system.img with vendor.img below it: a patched init, properties by a file (waydroid/waydroid
 * tools/helpers/lxc.py and data/configs/*; android_vendor_waydroid waydroid-patches). Not run on this project's machines.
 * Its hardware composer draws into a Wayland compositor of the host; ancloud offers none.
 */
export const waydroid: RunProfile = {
  name: 'waydroid',
  needsBinder: true,
  binder: threeNodes,
  // Its init is built without SELinux; what an enforcing host's own policy lets it do is not known.
  selinux: ['permissive', 'disabled', 'absent'],
  needsSharedMemory: true,
  hasMemfd: () => true,
  userns: false,
  // config_3: lxc.no_new_privs = 1.
  noNewPrivileges: true,
  // config_base, lxc.cap.keep, without SYS_TIME (the machine's clock); SYS_BOOT lets init switch itself off.
  capabilities: [
    'AUDIT_CONTROL',
    'BLOCK_SUSPEND',
    'CHOWN',
    'DAC_OVERRIDE',
    'DAC_READ_SEARCH',
    'FOWNER',
    'FSETID',
    'IPC_LOCK',
    'KILL',
    'MKNOD',
    'NET_ADMIN',
    'NET_BIND_SERVICE',
    'NET_RAW',
    'SETGID',
    'SETPCAP',
    'SETUID',
    'SYS_ADMIN',
    'SYS_BOOT',
    'SYS_CHROOT',
    'SYS_NICE',
    'SYS_PTRACE',
    'SYS_RESOURCE',
    'SYSLOG',
    'WAKE_ALARM',
  ],
  // Not what lxc.py also binds: uhid, video*, fb* and debugfs are the machine's own, the same for every phone.
  devices: [fuse, tun, dmaHeap, ion],
  environment: () => [androidPath],
  argv: () => ['/init'],
  hardware: 'waydroid',
  bootParameters: () => [],
  propertyFile: {
    targets: ['/vendor/waydroid.prop'],
    keepsOld: false,
    // In the order of lxc.py make_base_props, then images.py make_prop.
    properties: (run, { sharedMemory, renderNode }) => [
      ...(sharedMemory === 'memfd' ? [['sys.use_memfd', 'true'] as const] : []),
      ['ro.adb.secure', '1'],
      ['ro.debuggable', '0'],
      ...(renderNode === undefined ? [] : [['gralloc.gbm.device', `/dev/dri/${renderNode}`] as const]),
      ['debug.stagefright.ccodec', '0'],
      ['ro.hardware.gralloc', renderNode === undefined ? 'default' : 'gbm'],
      ['ro.hardware.egl', renderNode === undefined ? 'swiftshader' : 'mesa'],
      ['ro.opengles.version', '196610'],
      // Images are exchanged from outside.
      ['waydroid.updater.disabled', 'true'],
      ['ro.vndk.lite', 'true'],
      ['waydroid.host.uid', '0'],
      ['waydroid.host.gid', '0'],
      ['waydroid.xdg_runtime_dir', '/run/xdg'],
      ['waydroid.wayland_display', 'wayland-0'],
      ['ro.sf.lcd_density', String(run.dpi)],
      ['persist.waydroid.width', String(run.width)],
      ['persist.waydroid.height', String(run.height)],
      ['service.adb.tcp.port', '5555'],
    ],
  },
  mounts: [
    { type: 'tmpfs', at: '/mnt_extra', options: ['nodev'] },
    { type: 'tmpfs', at: '/tmp', options: ['nodev'] },
    { type: 'tmpfs', at: '/var', options: ['nodev'] },
    { type: 'tmpfs', at: '/run', options: ['nodev'] },
    { type: 'tmpfs', at: '/run/xdg', options: ['nodev'] },
  ],
  // config_base: lxc.mount.auto = cgroup:ro sys:ro proc.
  cgroup: 'ro',
  ipConfig: false,
  refusesBareMounts: true,
  // data/configs/waydroid.seccomp: Android goes on when these seem to work, and stops when they fail.
  callAnswers: {
    open_by_handle_at: ENOSYS,
    adjtimex: 0,
    clock_adjtime: 0,
    clock_settime: 0,
    settimeofday: 0,
    add_key: 0,
    keyctl: 0,
    request_key: 0,
    swapoff: 0,
    swapon: 0,
  },
  ready: bootCompleted,
  adbPort: 5555,
};
