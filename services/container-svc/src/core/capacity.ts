/** What one phone takes of a host, as a rule of thumb (over-commit of Anbox Cloud's capacity planning: CPU ×4, memory ×2). */
export interface HostResources {
  readonly cpuMillis: number;
  readonly memoryMib: number;
  /** fs.inotify.max_user_instances; about 160 per phone were seen to fail beyond fifty phones at the default of 8192/128. */
  readonly inotifyInstances: number;
  readonly pidMax: number;
  /** Images that can be mounted at once; each takes one loop device whatever the number of its phones. */
  readonly configured: number;
}

const CPU_PER_PHONE = 250;
const MEMORY_PER_PHONE_MIB = 512;
const INOTIFY_PER_PHONE = 2;
const PIDS_PER_PHONE = 1_024;

/** The smallest of all limits, with its name for the operator. */
export function capacityOf(resources: HostResources): {
  readonly phones: number;
  readonly limitedBy: string;
} {
  const limits: readonly (readonly [string, number])[] = [
    ['cpu', Math.floor(resources.cpuMillis / CPU_PER_PHONE)],
    ['memory', Math.floor(resources.memoryMib / MEMORY_PER_PHONE_MIB)],
    ['fs.inotify.max_user_instances', Math.floor(resources.inotifyInstances / INOTIFY_PER_PHONE)],
    ['kernel.pid_max', Math.floor(resources.pidMax / PIDS_PER_PHONE)],
    ['ANCLOUD_MAX_PHONES or the subnet', resources.configured],
  ];
  const [limitedBy, phones] = limits.reduce((least, limit) => (limit[1] < least[1] ? limit : least));
  return { phones: Math.max(0, phones), limitedBy };
}
