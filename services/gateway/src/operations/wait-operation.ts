import type { WaitOperationRequest } from '@ancloud/contracts/gateway/v1/gateway';
import { OperationState, type Operation } from '@ancloud/contracts/state/v1/state';
import type { Clock } from '@ancloud/kit';
import type { Principal } from '../auth/principal.js';
import { invalid } from '../errors.js';
import type { PhoneReactor } from '../farm/phone-reactor.js';
import type { Wakeups } from '../farm/wakeups.js';
import { getOperation } from './operation-access.js';
import type { OperationStore } from './operation-store.js';

export const waitMaxMs = 60_000;
/** A lost fact makes a waiter this much late at most. */
const REREAD_MS = 2_000;

/**
 * The operation when it has ended, or as it is after `timeoutMs`. `signal` (the caller went away) ends the waiting.
 * Errors: OPERATION_NOT_FOUND, INVALID_ARGUMENT.
 */
export async function waitOperation(
  parts: {
    readonly store: OperationStore;
    readonly wakeups: Wakeups;
    readonly reactor: Pick<PhoneReactor, 'nudge'>;
    readonly clock: Clock;
  },
  principal: Principal,
  request: WaitOperationRequest,
  signal?: AbortSignal,
): Promise<Operation> {
  const { operationId, timeoutMs } = request;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 0 || timeoutMs > waitMaxMs)
    throw invalid(
      'timeoutMs',
      timeoutMs,
      `timeoutMs is outside 0-${waitMaxMs}`,
      'wait again when it has not ended',
    );
  const until = parts.clock.monotonic() + timeoutMs;
  let change = arm(parts.wakeups, operationId);
  try {
    for (;;) {
      const operation = await getOperation(parts.store, principal, operationId);
      const left = until - parts.clock.monotonic();
      if (operation.state !== OperationState.OPERATION_STATE_RUNNING || left <= 0 || signal?.aborted === true)
        return operation;
      // Whoever waits also looks: an operation whose evidence came while no gateway listened ends here.
      if (operation.phoneId !== '') parts.reactor.nudge(operation.phoneId);
      await firstOf(change.woken, parts.clock, Math.min(left, REREAD_MS), signal);
      // Armed again before the next read: a fact between the two is not lost.
      change.disarm();
      change = arm(parts.wakeups, operationId);
    }
  } finally {
    change.disarm();
  }
}

function arm(wakeups: Wakeups, id: string): { readonly woken: Promise<void>; readonly disarm: () => void } {
  let disarm = (): void => {};
  const woken = new Promise<void>((resolve) => {
    disarm = wakeups.on(id, resolve);
  });
  return { woken, disarm };
}

function firstOf(woken: Promise<void>, clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
    void woken.then(done);
  });
}
