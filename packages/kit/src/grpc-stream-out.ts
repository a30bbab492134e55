import { Observable } from 'rxjs';

/** The parts of a server-streaming call that are needed to write at the reader's pace. */
export interface OutgoingCall {
  readonly writableNeedDrain?: boolean;
  once(event: string, fn: () => void): unknown;
}

/**
 * A server stream as Nest wants it. `work` writes with `await write(value)`, which waits while the reader is behind, and
 * must end when `signal` aborts (the caller went away). What it throws becomes the call's status.
 */
export function streamOut<T>(
  call: OutgoingCall,
  work: (write: (value: T) => Promise<void>, signal: AbortSignal) => Promise<void>,
): Observable<T> {
  return new Observable<T>((subscriber) => {
    const controller = new AbortController();
    const write = async (value: T): Promise<void> => {
      subscriber.next(value);
      if (call.writableNeedDrain !== true || controller.signal.aborted) return;
      await new Promise<void>((resolve) => {
        call.once('drain', resolve);
        controller.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    };
    work(write, controller.signal).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => controller.abort();
  });
}
