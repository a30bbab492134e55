import type { Capability } from './capabilities.js';

/**
 * Why a phone is given each capability that any profile names. Without a user namespace these act on the machine's own
 * kernel, so the list is the whole of what a phone's root can do there; profiles name only what is listed here.
 */
export const capabilityReasons: Readonly<Partial<Record<Capability, string>>> = {
  AUDIT_CONTROL: 'logd reads and steers the audit socket; it ends when it lacks it in its bounding set',
  AUDIT_WRITE: 'init and adbd write audit records',
  BLOCK_SUSPEND: 'wake locks of the power HAL and of system_server',
  CHOWN: 'init and installd give files their owners',
  DAC_OVERRIDE: 'init, vold and installd work on files of all users',
  DAC_READ_SEARCH: 'installd and dumpstate read what others own',
  FOWNER: 'installd sets modes of apps’ files',
  FSETID: 'modes with setgid survive a change of owner',
  IPC_LOCK: 'the keystore and media locks pages',
  KILL: 'init and lmkd end processes of all users',
  LEASE: 'file leases of media storage',
  MKNOD: 'ueventd and crun make nodes; the device cgroup decides which of them open',
  NET_ADMIN: 'netd: addresses, routes, iptables of the phone’s own network namespace',
  NET_BIND_SERVICE: 'mdnsd, dhcp',
  NET_BROADCAST: 'multicast of netd and mdnsd',
  NET_RAW: 'ping, dhcp, clatd',
  SETFCAP: 'vold and tests keep file capabilities of what they restore',
  SETGID: 'init and zygote start every program as its own group',
  SETPCAP: 'init drops capabilities of each service from the bounding set',
  SETUID: 'init and zygote start every program as its own user',
  SYS_ADMIN: 'mounts of init, vold and zygote in the phone’s own mount namespace',
  SYS_BOOT: 'reboot(2), which ends the phone’s pid namespace and nothing else',
  SYS_CHROOT: 'apexd and linkers’ sandboxes',
  SYS_NICE: 'priorities of system_server and SurfaceFlinger',
  SYS_PTRACE: 'debuggerd, and reading /proc of other users’ processes',
  SYS_RESOURCE: 'init’s rlimits and oom_score_adj below the own',
  SYSLOG: 'logd reads the kernel log; /proc/kmsg is masked and /dev/kmsg is a FIFO of the phone’s own',
  WAKE_ALARM: 'AlarmManager’s timers that wake',
};

/** Capabilities that no profile may name, and what they would open. */
export const refusedCapabilities: Readonly<Partial<Record<Capability, string>>> = {
  SYS_MODULE: 'code in the machine’s kernel',
  SYS_RAWIO: 'the machine’s ports and memory',
  SYS_TIME: 'the machine’s clock',
  SYS_PACCT: 'accounting of the whole machine',
  SYS_TTY_CONFIG: 'the machine’s consoles',
  MAC_ADMIN: 'policies of the machine’s SELinux or AppArmor',
  MAC_OVERRIDE: 'policies of the machine’s SELinux or AppArmor',
  AUDIT_READ: 'audit records of the whole machine',
  PERFMON: 'what other phones and the machine do, sampled',
  BPF: 'programs in the machine’s kernel',
  CHECKPOINT_RESTORE: 'pids of the caller’s choice',
  LINUX_IMMUTABLE: 'files that container-svc could not remove',
};
