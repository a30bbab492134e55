import {
  androidCapabilities,
  androidPath,
  bootCompleted,
  dmaHeap,
  fuse,
  ion,
  netTun,
  tun,
} from './android.js';
import type { RunProfile } from './profile.js';

/**
 * redroid 8.1 to 16: parameters are the argv of a patched init, which finds /dev made for it and eth0 configured
 * (remote-android/redroid-doc README.md; redroid-patches system/core; vendor_redroid ipconfigstore). Not run on this
 * project's machines.
 */
export const redroid: RunProfile = {
  name: 'redroid',
  needsBinder: true,
  // Its init.rc mounts binderfs over it, with an option that is refused (`refusesBareMounts`); its binder_alloc finds ours.
  binder: { kind: 'filesystem' },
  // redroid-doc asks for permissive or off: an enforcing host confines the phone's init by the host's own policy.
  selinux: ['permissive', 'disabled', 'absent'],
  needsSharedMemory: true,
  hasMemfd: () => true,
  // Not tried without the machine's own root (redroid-doc, issue 659).
  userns: false,
  // File capabilities (logd, netd) and su are part of Android.
  noNewPrivileges: false,
  capabilities: androidCapabilities,
  devices: [fuse, netTun, tun, dmaHeap, ion],
  environment: () => [androidPath],
  argv: (parameters) => ['/init', ...parameters],
  hardware: 'redroid',
  bootParameters: (run, { dns, sharedMemory, renderNode }) => [
    ['androidboot.redroid_width', String(run.width)],
    ['androidboot.redroid_height', String(run.height)],
    ['androidboot.redroid_dpi', String(run.dpi)],
    ['androidboot.redroid_fps', String(run.fps)],
    ['androidboot.redroid_gpu_mode', renderNode === undefined ? 'guest' : 'host'],
    ...(renderNode === undefined
      ? []
      : [['androidboot.redroid_gpu_node', `/dev/dri/${renderNode}`] as const]),
    ['androidboot.redroid_net_ndns', '1'],
    ['androidboot.redroid_net_dns1', dns],
    ['androidboot.use_memfd', String(sharedMemory === 'memfd')],
  ],
  propertyFile: undefined,
  mounts: [],
  cgroup: 'rw',
  ipConfig: false,
  refusesBareMounts: true,
  callAnswers: {},
  ready: bootCompleted,
  adbPort: 5555,
};
