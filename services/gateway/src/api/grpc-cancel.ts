/** A call that may be cancelled while it waits. */
export interface Cancellable {
  on(event: 'cancelled', fn: () => void): unknown;
}

/** Aborts when the caller of a gRPC call went away. */
export function cancelSignal(call: Cancellable): AbortSignal {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort());
  return gone.signal;
}
