import { useCallback, useState } from 'react';

interface Deed {
  readonly busy: boolean;
  /** Why the last one was refused. */
  readonly error: Error | undefined;
  /** Does one thing; `then` gets what it answered. One at a time: another one is dropped while it is under way. */
  readonly run: <T>(work: () => Promise<T>, then?: (done: T) => void) => void;
}

/** What a button of a form asks of the farm, and how that went. */
export function useDeed(): Deed {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const run = useCallback(
    <T>(work: () => Promise<T>, then?: (done: T) => void): void => {
      if (busy) return;
      setBusy(true);
      setError(undefined);
      void work()
        .then(then, (thrown: unknown) => setError(thrown as Error))
        .finally(() => setBusy(false));
    },
    [busy],
  );
  return { busy, error, run };
}
