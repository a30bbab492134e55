/**
 * How far a boot has come, in Android's order: the services of AOSP system/core/rootdir/init.rc, then SystemServer.java and
 * the properties of WindowManagerService and ActivityManagerService. `none` = init runs, no property area yet.
 */
export const progressSteps = [
  'none',
  'init',
  'zygote',
  'system_server',
  'bootanim_stopped',
  'completed',
] as const;
export type Progress = (typeof progressSteps)[number];

/** The newest sign that the properties give. */
export function progressOf(properties: ReadonlyMap<string, string>): Progress {
  if (properties.size === 0) return 'none';
  const is = (name: string, value: string): boolean => properties.get(name) === value;
  if (is('sys.boot_completed', '1')) return 'completed';
  if (
    is('service.bootanim.exit', '1') ||
    (is('init.svc.bootanim', 'stopped') && properties.has('init.svc.zygote'))
  )
    return 'bootanim_stopped';
  if (is('init.svc.system_server', 'running') || is('sys.system_server.start_count', '1'))
    return 'system_server';
  if (is('init.svc.zygote', 'running')) return 'zygote';
  return 'init';
}

/** How long a boot may stay without reaching a step, in ms since pid 1 was let go. */
export interface BootLimits {
  /** Until the property area exists. */
  readonly init: number;
  /** Until init runs zygote. */
  readonly zygote: number;
  /** Until sys.boot_completed. */
  readonly completed: number;
}

/** Which limit a boot has passed: a word for `reason`, and a sentence for people. */
export interface Overdue {
  readonly reason: 'InitTimeout' | 'ZygoteTimeout' | 'BootTimeout';
  readonly message: string;
}

/** What must be reached in time. system_server has no mark that all versions of Android set. */
const marks: readonly (readonly [Progress, keyof BootLimits, Overdue['reason'], string])[] = [
  ['init', 'init', 'InitTimeout', 'init has made no property area'],
  ['zygote', 'zygote', 'ZygoteTimeout', 'init does not run zygote'],
  ['completed', 'completed', 'BootTimeout', 'sys.boot_completed is not 1'],
];

/** The first limit that a boot has passed; undefined while it is in time. */
export function overdue(progress: Progress, elapsedMs: number, limits: BootLimits): Overdue | undefined {
  const reached = progressSteps.indexOf(progress);
  const late = marks.find(
    ([mark, limit]) => reached < progressSteps.indexOf(mark) && elapsedMs > limits[limit],
  );
  if (late === undefined) return undefined;
  const [, limit, reason, what] = late;
  const stood = progress === 'none' ? '' : `; the boot stood at ${progress}`;
  return { reason, message: `${what} after ${limits[limit] / 1_000} s${stood}` };
}
