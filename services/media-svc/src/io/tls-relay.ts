import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { AppError } from '@ancloud/kit';

/** From the connection's beginning to the end of the handshake. */
const CONNECT_MS = 10_000;
/** How long whoever it is for has to come. */
const COME_MS = 60_000;

export interface TlsRelayOptions {
  /** What the certificate is held against: a name, which the server is told too (SNI), or an address. */
  readonly host: string;
  /** Where the connection goes to; what was checked. */
  readonly address: string;
  readonly port: number;
  /** Authorities in place of Node's own, PEM. */
  readonly ca?: string;
}

/**
 * A TLS connection to a server elsewhere that a program of ours speaks through in clear text, by a port on loopback: the first who connects there
 * has it, nobody after. For ffmpeg, whose own TLS tells a server its name only when it looks that up by itself, past our check of the address.
 * Ends with either side, by `close`, and when nobody comes for a minute.
 */
export class TlsRelay {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly #far: tls.TLSSocket;
  readonly #door: net.Server;
  #timer: NodeJS.Timeout;

  /** Errors: UNAVAILABLE when nobody answers, or by a certificate that is not good for `host`. */
  static async open(options: TlsRelayOptions): Promise<TlsRelay> {
    const far = await connect(options);
    const door = net.createServer({ allowHalfOpen: true });
    door.listen(0, '127.0.0.1');
    try {
      await once(door, 'listening');
    } catch (error) {
      far.destroy();
      throw error;
    }
    return new TlsRelay(far, door);
  }

  private constructor(far: tls.TLSSocket, door: net.Server) {
    this.#far = far;
    this.#door = door;
    this.port = (door.address() as net.AddressInfo).port;
    this.#timer = setTimeout(() => this.close(), COME_MS);
    // Whoever speaks through it sees the end of the connection.
    far.on('error', () => this.close());
    far.once('close', () => this.close());
    door.once('connection', (near) => this.#join(near));
  }

  /** May be called twice. */
  close(): void {
    clearTimeout(this.#timer);
    this.#door.close();
    this.#far.destroy();
  }

  #join(near: net.Socket): void {
    clearTimeout(this.#timer);
    this.#door.close();
    near.on('error', () => this.close());
    // Its last words are on their way; a server that does not end then is not waited for.
    near.once('close', () => {
      if (!this.#far.destroyed) this.#timer = setTimeout(() => this.close(), CONNECT_MS);
    });
    this.#far.once('close', () => near.destroy());
    near.pipe(this.#far).pipe(near);
  }
}

async function connect({ host, address, port, ca }: TlsRelayOptions): Promise<tls.TLSSocket> {
  const far = tls.connect({
    host: address,
    port,
    // An address is held against the certificate as one; SNI has names only.
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  });
  const late = setTimeout(() => far.destroy(new Error(`nothing within ${CONNECT_MS / 1_000} s`)), CONNECT_MS);
  try {
    await once(far, 'secureConnect');
    return far;
  } catch (cause) {
    // Node names host, address and what is wrong with a certificate.
    throw new AppError('UNAVAILABLE', `no TLS with ${host}: ${(cause as Error).message}`, {
      field: 'url',
      value: host,
      fix: 'the server needs a certificate for that name by an authority that media-svc knows (NODE_EXTRA_CA_CERTS adds one)',
      cause,
    });
  } finally {
    clearTimeout(late);
  }
}
