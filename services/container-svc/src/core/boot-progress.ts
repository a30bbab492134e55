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
  /** Until sys.boot_completed. */
  readonly completed: number;
}

/** The limit a boot has passed, as a word for `reason`; undefined while it is in time. */
export function overdue(
  progress: Progress,
  elapsedMs: number,
  limits: BootLimits,
): 'InitTimeout' | 'BootTimeout' | undefined {
  if (progress === 'completed') return undefined;
  if (progress === 'none' && elapsedMs > limits.init) return 'InitTimeout';
  return elapsedMs > limits.completed ? 'BootTimeout' : undefined;
}
