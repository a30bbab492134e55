/** How pid 1 ended, as phone-shim wrote it; numbers are null when the shim was not its parent. */
export interface ExitRecord {
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly atMs: number;
}

/** Why a boot is over. */
export type Ending =
  /** We were asked to: a wish, a changed spec, a fence. */
  | 'asked'
  /** A reboot was asked for: another boot begins at once. */
  | 'reboot'
  /** Android's own power off. What is wanted is a running phone, so it is started again, at once. */
  | 'poweredOff'
  /** Android's own reboot: started again at once. */
  | 'restart'
  /** Anything else pid 1 died of. */
  | 'crash'
  /** It did not get to sys.boot_completed in time. */
  | 'bootTimeout'
  /** It never came to life: a step failed for good or crun was killed. */
  | 'notCreated';

/** Why container-svc ends a boot, as stop.json keeps it. */
export type StopReason = Extract<Ending, 'asked' | 'reboot' | 'bootTimeout'>;

const SIGHUP = 1;
const SIGINT = 2;

/**
 * Inside a pid namespace reboot(2) kills pid 1: RB_AUTOBOOT by SIGHUP, RB_POWER_OFF and RB_HALT by SIGINT (reboot(2),
 * "Behavior inside PID namespaces"; confirmed on Android 4.4 and 8.0).
 */
export function endingOf(exit: ExitRecord | undefined, asked: StopReason | undefined): Ending {
  if (asked !== undefined) return asked;
  if (exit?.signal === SIGINT) return 'poweredOff';
  if (exit?.signal === SIGHUP) return 'restart';
  return 'crash';
}

/** A phone that ran so long did not end because it was started. */
const SETTLED_MS = 10_000;

export interface RestartPolicy {
  readonly minMs: number;
  readonly maxMs: number;
  /** A phone that was ready for so long has earned a fresh start of the back-off. */
  readonly forgiveAfterMs: number;
}

export const restartPolicy: RestartPolicy = { minMs: 1_000, maxMs: 60_000, forgiveAfterMs: 60_000 };

/** Delay before start number `failures` + 1 after that many endings in a row that were not wished for. */
export function restartDelay(failures: number, policy: RestartPolicy = restartPolicy): number {
  return failures <= 0 ? 0 : Math.min(policy.maxMs, policy.minMs * 2 ** (failures - 1));
}

/**
 * True when this ending counts against the phone. One that reboots or switches off right after its start, or again and again before it
 * was ever ready, is in a crash loop too.
 */
export function countsAsFailure(ending: Ending, ranMs: number, wasReady: boolean): boolean {
  if (ending === 'asked' || ending === 'reboot') return false;
  return (ending !== 'restart' && ending !== 'poweredOff') || !wasReady || ranMs < SETTLED_MS;
}
