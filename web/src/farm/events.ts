import type { Operation, Phone } from '../api/types.js';

export interface FarmListener {
  readonly phone: (phone: Phone) => void;
  readonly removed: (phoneId: string) => void;
  /** These are all; forget the others. */
  readonly synced: (phoneIds: readonly string[]) => void;
  readonly operation: (operation: Operation) => void;
  /** Whether changes are heard of just now. */
  readonly live: (live: boolean) => void;
}

const RETRY_MS = 3_000;

/**
 * The farm's changes as they happen (GET /v1/events). The browser comes again by itself after a cut; where it gives up
 * (an answer that is no stream) this does. Every beginning tells all phones there are, so nothing missed stays missed.
 * Answers how to end it.
 */
export function listen(
  listener: FarmListener,
  open: (url: string) => EventSource = (url) => new EventSource(url),
): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const begin = (): void => {
    const now = open('/v1/events');
    source = now;
    const on = <T>(kind: string, told: (data: T) => void): void =>
      now.addEventListener(kind, (event) => told(JSON.parse((event as MessageEvent<string>).data) as T));
    on<Phone>('phone', listener.phone);
    on<{ phoneId: string }>('phoneRemoved', ({ phoneId }) => listener.removed(phoneId));
    on<Operation>('operation', listener.operation);
    on<{ phoneIds: string[] }>('synced', ({ phoneIds }) => {
      listener.synced(phoneIds);
      listener.live(true);
    });
    now.addEventListener('error', () => {
      if (ended) return;
      listener.live(false);
      if (now.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(begin, RETRY_MS);
    });
  };
  begin();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
  };
}
