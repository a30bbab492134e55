import { once } from 'node:events';
import { AppError, asAppError } from '@ancloud/kit';

/** The members of grpc-js's server calls that the edge uses, whatever their kind. */
export interface ServerCall {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  on(event: 'cancelled', fn: () => void): unknown;
}

/** A call with answers that may have to wait for their reader. */
export interface WritableCall<T> extends ServerCall {
  write(message: T): boolean;
  readonly destroyed?: boolean;
  once(event: 'drain' | 'close' | 'cancelled', fn: () => void): unknown;
  off(event: 'drain' | 'close' | 'cancelled', fn: () => void): unknown;
}

/**
 * Aborts when the caller goes away or its deadline passes: handlers are not stopped by either. `release` ends the timer.
 */
export function callSignal(call: ServerCall): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort(new AppError('CANCELLED', 'the caller went away')));
  if (call.cancelled) controller.abort(new AppError('CANCELLED', 'the caller went away'));
  const deadline = Number(call.getDeadline());
  const leftMs = deadline - Date.now();
  // 2^31 ms is setTimeout's limit, and no deadline at all is Infinity.
  if (!Number.isFinite(deadline) || leftMs > 0x7fff_ffff)
    return { signal: controller.signal, release: () => undefined };
  const timer = setTimeout(
    () => controller.abort(new AppError('DEADLINE_EXCEEDED', "the caller's deadline has passed")),
    Math.max(0, leftMs),
  );
  return { signal: controller.signal, release: () => clearTimeout(timer) };
}

/** Runs `work` with the call's signal. */
export async function during<T>(call: ServerCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const life = callSignal(call);
  try {
    return await work(life.signal);
  } finally {
    life.release();
  }
}

/** Writes one message; resolves when the reader has room for more. Errors: the signal's. */
export async function send<T>(call: WritableCall<T>, message: T, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (call.write(message)) return;
  try {
    // A call is an EventEmitter; its own type names each event apart, which `once` cannot take.
    await once(call as unknown as NodeJS.EventEmitter, 'drain', { signal });
  } catch (error) {
    throw asAppError(signal.aborted ? signal.reason : error, 'CANCELLED');
  }
}
