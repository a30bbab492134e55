/** Linux capabilities in bit order (include/uapi/linux/capability.h). */
export const capabilityNames = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

export type Capability = (typeof capabilityNames)[number];

/** The set of a `CapBnd:` (or other) line of /proc/self/status. */
export function parseCapabilities(status: string, field = 'CapBnd'): ReadonlySet<Capability> {
  const hex = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0';
  const bits = BigInt(`0x${hex}`);
  return new Set(capabilityNames.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n));
}

/** Hard limits of /proc/self/limits that an OCI configuration may not exceed; `Infinity` = unlimited. */
export function parseHardLimits(limits: string): { readonly nofile: number; readonly nproc: number } {
  const hard = (name: string): number => {
    const value = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, 'm').exec(limits)?.[1];
    return value === undefined ? 1_024 : value === 'unlimited' ? Infinity : Number(value);
  };
  return { nofile: hard('Max open files'), nproc: hard('Max processes') };
}
