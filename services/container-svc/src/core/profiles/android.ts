import type { Capability } from '../capabilities.js';
import type { BinderShape, DeviceRule } from './profile.js';

/*
 * What the families of Android images have in common. Sources: AOSP system/core/rootdir/{init.rc,ueventd.rc}, and per
 * family those named in its own file.
 */

/** What Android's init and services use. Not in it: anything of core/capability-reasons.ts `refusedCapabilities`. */
export const androidCapabilities: readonly Capability[] = [
  'AUDIT_CONTROL',
  'AUDIT_WRITE',
  'BLOCK_SUSPEND',
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'IPC_LOCK',
  'KILL',
  'LEASE',
  'MKNOD',
  'NET_ADMIN',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_RAW',
  'SETFCAP',
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
];

/** The three contexts as single nodes. */
export const threeNodes: BinderShape = {
  kind: 'nodes',
  paths: { binder: '/dev/binder', hwbinder: '/dev/hwbinder', vndbinder: '/dev/vndbinder' },
};

const SYSTEM = 1000;
const VPN = 1016;
const GRAPHICS = 1003;

export const fuse: DeviceRule = { path: '/dev/fuse', from: '/dev/fuse', uid: 0, gid: 0, mode: 0o666 };
/** Where Linux has it, and where Android looks for it. */
export const netTun: DeviceRule = {
  path: '/dev/net/tun',
  from: '/dev/net/tun',
  uid: SYSTEM,
  gid: VPN,
  mode: 0o660,
};
export const tun: DeviceRule = { ...netTun, path: '/dev/tun' };
/** Buffers of Codec2 and gralloc: DMA-BUF heaps (CONFIG_DMABUF_HEAPS_SYSTEM), ION before. */
export const dmaHeap: DeviceRule = {
  path: '/dev/dma_heap/system',
  from: '/dev/dma_heap/system',
  uid: SYSTEM,
  gid: SYSTEM,
  mode: 0o444,
};
export const ion: DeviceRule = {
  path: '/dev/ion',
  from: '/dev/ion',
  uid: SYSTEM,
  gid: SYSTEM,
  mode: 0o664,
};

/** Given to a phone that shares memory by it, not otherwise. */
export const ashmem: DeviceRule = {
  path: '/dev/ashmem',
  from: '/dev/ashmem',
  uid: 0,
  gid: 0,
  mode: 0o666,
};

/** A GPU's render node, for a phone that was promised it by the label `ancloud.gpu`. Apps of any uid draw. */
export function renderNodeRule(name: string): DeviceRule {
  const path = `/dev/dri/${name}`;
  return { path, from: path, uid: 0, gid: GRAPHICS, mode: 0o666 };
}

export const androidPath = 'PATH=/sbin:/system/sbin:/system/bin:/vendor/bin:/system/xbin';

/** Set by ActivityManagerService when the boot animation may end (AOSP 4 to 16). */
export const bootCompleted = { name: 'sys.boot_completed', value: '1' } as const;
