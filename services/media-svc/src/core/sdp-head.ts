import type { SessionDescription } from 'sdp-transform';

/**
 * The session level of what the farm writes, offer or answer (RFC 8866 §5, RFC 9429 §5.2.1): nobody is told of an address in it, trickle
 * ICE, all sections in one bundle. Pure.
 */
export function sdpHead(
  /** Of the `o=` line: digits. */
  sessionId: string,
  /** Of the sections in the bundle. */
  mids: readonly string[],
  /** Extensions of one and of two bytes may be mixed (RFC 8285 §4.1.2); an answer says so only when the offer has (§6). */
  mixed: boolean,
): Omit<SessionDescription, 'media'> {
  return {
    version: 0,
    origin: {
      username: 'ancloud',
      sessionId,
      sessionVersion: 1,
      netType: 'IN',
      ipVer: 4,
      address: '127.0.0.1',
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    iceOptions: 'trickle ice2',
    groups: [{ type: 'BUNDLE', mids: mids.join(' ') }],
    ...(mixed ? { extmapAllowMixed: 'extmap-allow-mixed' } : {}),
  };
}
