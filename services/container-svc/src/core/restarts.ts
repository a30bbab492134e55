import { countsAsFailure, type Ending, restartDelay, restartPolicy } from './exit.js';
import type { Failure } from './plan.js';

/** What is remembered of boots that nobody wished to end. May be lost with the process: then the back-off begins anew. */
export interface Restarts {
  /** Since the wish last changed. */
  readonly count: number;
  /** In a row. */
  readonly failures: number;
  readonly failure: Failure | undefined;
}

export const noRestarts: Restarts = { count: 0, failures: 0, failure: undefined };

export interface EndedBoot {
  readonly ending: Ending;
  /** How long init lived, ms. */
  readonly ranMs: number;
  readonly wasReady: boolean;
  /** The service for which init gave up (`criticalService`). */
  readonly critical?: string;
  /** Stable word that tells more than the ending does. */
  readonly reason?: string;
  /** What a person should read: the failed step, or the phone's last words. */
  readonly message: string;
  readonly nowMs: number;
}

const reasons: Readonly<Record<Exclude<Ending, 'asked' | 'reboot'>, string>> = {
  crash: 'Crashed',
  bootTimeout: 'BootTimeout',
  notCreated: 'StepFailed',
  restart: 'RestartLoop',
  poweredOff: 'RestartLoop',
};

export function afterBoot(
  before: Restarts,
  { ending, ranMs, wasReady, critical, reason, message, nowMs }: EndedBoot,
): Restarts {
  if (ending === 'asked' || ending === 'reboot') return before;
  const count = before.count + 1;
  if (critical === undefined && !countsAsFailure(ending, ranMs, wasReady))
    return { count, failures: 0, failure: undefined };
  const forgiven = wasReady && ranMs > restartPolicy.forgiveAfterMs;
  const failures = (forgiven ? 0 : before.failures) + 1;
  const notBeforeMs = nowMs + restartDelay(failures);
  const word = critical === undefined ? reasons[ending] : 'CriticalService';
  const failure = { count: failures, notBeforeMs, reason: reason ?? word, message };
  return { count, failures, failure };
}
