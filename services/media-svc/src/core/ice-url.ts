/** A STUN or TURN server as its URL names it. */
export interface IceServerUrl {
  readonly scheme: 'stun' | 'turn';
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly way: 'udp' | 'tcp' | 'tls';
}

const PORT = 3478;
const TLS_PORT = 5349;

/** `stun:host[:port]`, `turn:host[:port][?transport=udp|tcp]`, `turns:` and `stuns:` (RFC 7064 §3.1, RFC 7065 §3.1); undefined for anything else. */
export function readIceUrl(url: string): IceServerUrl | undefined {
  const [, scheme, secure, host = '', port, transport] =
    /^(stun|turn)(s?):(\[[\da-fA-F:.]+\]|[^:?/[\]]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/.exec(url) ??
    [];
  if (scheme !== 'stun' && scheme !== 'turn') return undefined;
  const number = port === undefined ? (secure === 's' ? TLS_PORT : PORT) : Number(port);
  if (number < 1 || number > 65_535) return undefined;
  // TURN over DTLS has no browser that speaks it.
  if (secure === 's' && transport === 'udp') return undefined;
  const way = secure === 's' ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp';
  return { scheme, host: host.replaceAll(/[[\]]/g, ''), port: number, way };
}
