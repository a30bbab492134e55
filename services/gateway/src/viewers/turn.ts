import { createHmac } from 'node:crypto';
import { viewer as protocol } from '@ancloud/contracts';

/** A farm's TURN servers, and the secret that it shares with them. */
export interface Turn {
  /** `turn:host:port?transport=udp` and the like (RFC 7065). */
  readonly urls: readonly string[];
  readonly secret: string;
}

/** As long as the longest session that nothing renews: a WHEP player's. */
const GOOD_FOR_MS = protocol.limits.whepSessionMs;

/**
 * What one viewer logs in with (draft-uberti-behave-turn-rest-00 §2.2): the user name is the time of its end and the viewer's id, the
 * password the base64 of its HMAC-SHA1 under the shared secret. Nobody is asked for it and nothing is kept of it; a server that has the
 * secret (coturn: `use-auth-secret`) checks both by itself.
 */
export function turnServer({ urls, secret }: Turn, viewer: string, nowMs: number): protocol.IceServer {
  const username = `${Math.floor((nowMs + GOOD_FOR_MS) / 1_000)}:${viewer}`;
  const credential = createHmac('sha1', secret).update(username).digest('base64');
  return { urls, username, credential };
}
