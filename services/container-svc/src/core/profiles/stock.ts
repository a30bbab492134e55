import {
  androidCapabilities,
  androidPath,
  bootCompleted,
  dmaHeap,
  fuse,
  ion,
  netTun,
  threeNodes,
  tun,
} from './android.js';
import { androidMajor, type ImageFacts, type RunProfile } from './profile.js';

/** From Android 10 on the second stage is a program of its own, in the system image (AOSP system/core/init/main.cpp). */
const FIRST_WITH_OWN_SECOND_STAGE = 10;
/** From Android 10 on libcutils can use memfd. */
const FIRST_WITH_MEMFD = 10;

const isAtLeast = (image: ImageFacts, version: number): boolean =>
  (androidMajor(image) ?? version) >= version;

/**
 * An Android that nobody adapted to a container: its own init, entered at the second stage, since the first one mounts the
 * machine's partitions and loads an SELinux policy. What such an init needs was found on Android 4.4, 8.0 and 16 userlands
 * without ART and zygote; a whole stock image was not run.
 */
export const stock: RunProfile = {
  name: 'stock',
  needsBinder: true,
  binder: threeNodes,
  // Its services ask for contexts of the phone's own policy, which only the whole machine could load.
  selinux: ['disabled', 'absent'],
  needsSharedMemory: true,
  hasMemfd: (image) => isAtLeast(image, FIRST_WITH_MEMFD),
  userns: true,
  noNewPrivileges: false,
  capabilities: androidCapabilities,
  devices: [fuse, netTun, tun, dmaHeap, ion],
  // Android 8 and 9 know the second stage by the first variable, and 8.0 ends by SIGSEGV without the others.
  environment: ({ startedAtNs }) => [
    androidPath,
    'INIT_SECOND_STAGE=true',
    `INIT_STARTED_AT=${startedAtNs}`,
    'INIT_SELINUX_TOOK=0',
  ],
  argv: (_, image) =>
    isAtLeast(image, FIRST_WITH_OWN_SECOND_STAGE)
      ? ['/system/bin/init', 'second_stage']
      : ['/init', 'second_stage'],
  hardware: 'ranchu',
  bootParameters: () => [],
  propertyFile: {
    // AOSP system/core/init/property_service.cpp, PropertyLoadBootDefaults.
    targets: ['/system/etc/prop.default', '/prop.default', '/default.prop'],
    keepsOld: true,
    properties: (run, { sharedMemory }) => [
      ['ro.adb.secure', '1'],
      ['service.adb.tcp.port', '5555'],
      ['ro.sf.lcd_density', String(run.dpi)],
      ...(sharedMemory === 'memfd' ? [['sys.use_memfd', 'true'] as const] : []),
    ],
  },
  mounts: [
    // Made by first-stage init.
    { type: 'tmpfs', at: '/dev/socket', options: ['nosuid', 'nodev', 'noexec', 'mode=755'] },
    { type: 'tmpfs', at: '/mnt', options: ['nosuid', 'nodev', 'noexec', 'mode=755', 'gid=1000'] },
    // Without it init waits 60 s for ueventd's walk through /sys, which is read-only, and reboots.
    { type: 'emptyFile', at: '/dev/.coldboot_done' },
    // libselinux opens this node; a kernel without SELinux has no place for it in sysfs.
    { type: 'tmpfs', at: '/sys/fs', options: ['nosuid', 'nodev', 'noexec', 'mode=755'] },
    { type: 'node', at: '/sys/fs/selinux/null', from: '/dev/null' },
  ],
  cgroup: 'rw',
  ipConfig: false,
  refusesBareMounts: true,
  callAnswers: {},
  ready: bootCompleted,
  adbPort: 5555,
};
