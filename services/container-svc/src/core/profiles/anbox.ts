import { androidCapabilities, bootCompleted, fuse, tun } from './android.js';
import type { RunProfile } from './profile.js';

/**
 * Anbox's image, Android 7.1.1 (anbox/anbox src/anbox/container/lxc_container.cpp, src/anbox/cmds/session_manager.cpp,
 * scripts/anbox-init.sh). Needs /dev/ashmem, which kernels from 5.18 lack. Its graphics draw through a pipe to Anbox's
 * session manager, which ancloud does not have. Not run on this project's machines.
 */
export const anbox: RunProfile = {
  name: 'anbox',
  needsBinder: true,
  // Android 7 has one context.
  binder: { kind: 'nodes', paths: { binder: '/dev/binder' } },
  selinux: ['permissive', 'disabled', 'absent'],
  needsSharedMemory: true,
  // libcutils of Android 7 knows only ashmem.
  hasMemfd: () => false,
  // As Anbox itself runs it, unless told --privileged.
  userns: true,
  noNewPrivileges: false,
  // lxc.cap.drop = wake_alarm
  capabilities: androidCapabilities.filter((name) => name !== 'WAKE_ALARM'),
  devices: [fuse, tun],
  environment: () => ['PATH=/system/bin:/system/sbin:/system/xbin'],
  // A script of the image that makes owners right, then executes /init.
  argv: () => ['/anbox-init.sh'],
  hardware: 'goldfish',
  bootParameters: () => [],
  propertyFile: {
    targets: ['/default.prop'],
    keepsOld: true,
    properties: (run) => [
      ['ro.boot.fake_battery', '1'],
      // Anbox tells it by its pipe.
      ['ro.sf.lcd_density', String(run.dpi)],
      ['ro.adb.secure', '1'],
      ['service.adb.tcp.port', '5555'],
    ],
  },
  mounts: [],
  cgroup: 'rw',
  ipConfig: true,
  refusesBareMounts: false,
  callAnswers: {},
  ready: bootCompleted,
  adbPort: 5555,
};
