import type { Phone } from '../api/types.js';

export interface FarmListener {
  readonly phone: (phone: Phone) => void;
  readonly removed: (phoneId: string) => void;
  /** These are all; forget the others. */
  readonly synced: (phoneIds: readonly string[]) => void;
  /** Whether changes are heard of just now. */
  readonly live: (live: boolean) => void;
}

const RETRY_MS = 3_000;

/**
 * The farm's changes as they happen (GET /v1/events). The browser comes again by itself after a cut; where it gives up
 * (an answer that is no stream) this does. Every beginning tells all phones there are, so nothing missed stays missed.
 * A page that nobody sees does not listen: browsers allow six connections to a farm over HTTP/1.1, for all tabs together.
 * Answers how to end it.
 */
export function listen(
  listener: FarmListener,
  open: (url: string) => EventSource = (url) => new EventSource(url),
): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = (): void => {
    clearTimeout(timer);
    if (source !== undefined || document.visibilityState === 'hidden') return;
    const now = open('/v1/events');
    source = now;
    const on = <T>(kind: string, told: (data: T) => void): void =>
      now.addEventListener(kind, (event) => told(JSON.parse((event as MessageEvent<string>).data) as T));
    on<Phone>('phone', listener.phone);
    on<{ phoneId: string }>('phoneRemoved', ({ phoneId }) => listener.removed(phoneId));
    on<{ phoneIds: string[] }>('synced', ({ phoneIds }) => {
      listener.synced(phoneIds);
      listener.live(true);
    });
    now.addEventListener('error', () => {
      if (source !== now) return;
      listener.live(false);
      if (now.readyState !== EventSource.CLOSED) return;
      source = undefined;
      timer = setTimeout(begin, RETRY_MS);
    });
  };
  const rest = (): void => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const turn = (): void => (document.visibilityState === 'hidden' ? rest() : begin());
  document.addEventListener('visibilitychange', turn);
  begin();
  return () => {
    document.removeEventListener('visibilitychange', turn);
    rest();
  };
}
