import { type Client, connectivityState } from '@grpc/grpc-js';

/**
 * How soon a service that vanishes (its machine has no power, its network no way) is known to be gone: nothing resets its connections, and TCP would wait for a
 * quarter of an hour.
 */
export interface Liveness {
  /** From one answered ping to the next one, ms. Also without calls: who calls next is not the first to find out. */
  readonly pingMs: number;
  /** A ping without an answer for so long ends the connection, and all calls on it with UNAVAILABLE, ms. */
  readonly silentMs: number;
  /** Beside it, a vanished one is noticed within 1.05 s where pulses come through (`Pulses`). */
  readonly pulses?: { readonly needsAnother: boolean };
}

/**
 * Of media-svcs, whose viewers stand before a still picture until somebody notices. Pings are answered by the service's event loop, and one of a busy machine may be late by
 * 2 s: so long nothing is concluded. Short between pings, since that comes on top.
 */
export const mediaLiveness: Liveness = { pingMs: 500, silentMs: 2_500 };

export type Reached =
  | 'ready'
  /** Nobody listens there. */
  | 'refused'
  /** No answer in time: the network drops what is sent there, or who listens is not at work. */
  | 'silent';

export function keepaliveOf({ pingMs, silentMs }: Liveness): Record<string, number> {
  return {
    'grpc.keepalive_time_ms': pingMs,
    'grpc.keepalive_timeout_ms': silentMs,
    'grpc.keepalive_permit_without_calls': 1,
    // Channels to one address share connections otherwise, also one that never comes about.
    'grpc.use_local_subchannel_pool': 1,
  };
}

export function isConnected(channel: ReturnType<Client['getChannel']>): boolean {
  return channel.getConnectivityState(false) === connectivityState.READY;
}

/** Connects, if need be, and says what came of it within `withinMs`. */
export async function reached(channel: ReturnType<Client['getChannel']>, withinMs: number): Promise<Reached> {
  const until = Date.now() + withinMs;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return 'ready';
    if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN)
      return 'refused';
    const changed = await new Promise<boolean>((resolve) => {
      channel.watchConnectivityState(state, until, (error) => resolve(error === undefined));
    });
    if (!changed) return 'silent';
  }
}
