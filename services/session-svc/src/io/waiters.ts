import { asAppError } from '@ancloud/kit';

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Callers that wait for the same thing; each leaves when it comes, when it fails, or with its own signal. */
export class Waiters<T> {
  readonly #waiting = new Set<Waiter<T>>();

  /** Errors: the signal's reason (CANCELLED when it is no AppError), or what `reject` is given. */
  wait(signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter<T> = {
        resolve: (value) => {
          leave();
          resolve(value);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.reject(asAppError(signal.reason, 'CANCELLED'));
      this.#waiting.add(waiter);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  resolve(value: T): void {
    for (const waiter of this.#waiting) waiter.resolve(value);
  }

  reject(error: Error): void {
    for (const waiter of this.#waiting) waiter.reject(error);
  }
}
