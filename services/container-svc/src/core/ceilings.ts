/** A ceiling of the whole machine that many phones reach. */
export interface Ceiling {
  /** As sysctl(8) spells it. */
  readonly name: string;
  /** Below /proc/sys. */
  readonly file: string;
  /** Raised to this when lower. */
  readonly wanted: number;
}

/** None of these costs anything until it is used: they are bounds on kernel memory that other limits of a phone bound as well. */
export const ceilings: readonly Ceiling[] = [
  { name: 'fs.inotify.max_user_instances', file: 'fs/inotify/max_user_instances', wanted: 8_192 },
  { name: 'fs.inotify.max_user_watches', file: 'fs/inotify/max_user_watches', wanted: 524_288 },
  // The most of 64-bit machines (kernel include/linux/threads.h, PID_MAX_LIMIT).
  { name: 'kernel.pid_max', file: 'kernel/pid_max', wanted: 4_194_304 },
  { name: 'fs.file-max', file: 'fs/file-max', wanted: 4_194_304 },
];

/** What the ceiling should be set to; undefined when it is high enough. */
export function raisedTo({ wanted }: Ceiling, value: number): number | undefined {
  return value < wanted ? wanted : undefined;
}
