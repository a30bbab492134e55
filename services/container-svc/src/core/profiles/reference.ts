import { bootCompleted } from './android.js';
import type { RunProfile } from './profile.js';
import { redroid } from './redroid.js';

/** The reference guest: told the same as redroid, needs less. */
export const reference: RunProfile = {
  ...redroid,
  name: 'reference',
  needsBinder: false,
  selinux: ['enforcing', 'permissive', 'disabled', 'absent'],
  needsSharedMemory: false,
  userns: true,
  noNewPrivileges: true,
  capabilities: [
    'AUDIT_WRITE',
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
  ],
  devices: [],
  environment: () => ['PATH=/sbin:/system/bin:/vendor/bin', 'ANDROID_ROOT=/system', 'ANDROID_DATA=/data'],
  // It mounts only what is missing, and with flags.
  refusesBareMounts: false,
  ready: bootCompleted,
};
