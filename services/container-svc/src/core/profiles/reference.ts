import type { RunProfile } from './profile.js';
import { redroid } from './redroid.js';

/** The reference guest: told the same as redroid, needs less. */
export const reference: RunProfile = {
  name: 'reference',
  needsBinder: false,
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
  environment: ['PATH=/sbin:/system/bin:/vendor/bin', 'ANDROID_ROOT=/system', 'ANDROID_DATA=/data'],
  init: '/init',
  hardware: 'redroid',
  adbPort: 5555,
  bootParameters: redroid.bootParameters,
};
