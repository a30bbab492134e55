import { createPublicKey, publicDecrypt, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * An adbd for this package's specs, written against AOSP adb/protocol.txt and sharing no code with the package:
 * checksums are sent as 0, one WRTE is in flight per stream, or a window with delayed_ack.
 */
export interface FakeAdbdOptions {
  /** Ask for a signature of one of these public keys (PEM). Default: no authentication. */
  readonly keys?: readonly string[];
  readonly banner?: string;
  /** Answers OPEN; undefined refuses it. */
  readonly service?: (name: string) => ((stream: FakeStream) => void) | undefined;
  /** OKAY of an OPEN and the handler's first writes leave in one segment. */
  readonly coalesce?: boolean;
}

export const DEFAULT_BANNER =
  'device::ro.product.name=fake;ro.product.model=Fake;ro.product.device=fk;features=shell_v2,cmd';

interface Packet {
  command: string;
  arg0: number;
  arg1: number;
  payload: Buffer;
}

export class FakeStream {
  /** Called with each WRTE; its OKAY is sent when the returned promise settles. */
  onData: (bytes: Buffer) => void | Promise<void> = () => undefined;
  readonly closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;
  isClosed = false;
  /** Bytes written that the client has not acknowledged. */
  unacked = 0;
  #acked: (() => void)[] = [];

  constructor(
    readonly service: string,
    readonly local: number,
    readonly remote: number,
    private readonly send: (command: string, arg0: number, arg1: number, payload?: Uint8Array) => void,
    /** Bytes that may be unacknowledged, with delayed_ack; undefined = one WRTE. */
    private readonly window: number | undefined,
  ) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** One WRTE; resolves when the next may be sent. Nothing is sent once closed: adbd never writes behind its CLSE. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.isClosed) return;
    this.unacked += bytes.length;
    if (this.window !== undefined && this.unacked < this.window)
      return this.send('WRTE', this.local, this.remote, bytes);
    const acked = new Promise<void>((resolve) => this.#acked.push(resolve));
    this.send('WRTE', this.local, this.remote, bytes);
    await acked;
    if (this.window === undefined) this.unacked -= bytes.length;
  }

  close(): void {
    if (this.isClosed) return;
    this.send('CLSE', this.local, this.remote);
    this.ended();
  }

  okay(payload: Buffer): void {
    if (this.window !== undefined) this.unacked -= payload.readUInt32LE(0);
    if (this.window === undefined || this.unacked < this.window) this.#acked.shift()?.();
  }

  ended(): void {
    this.isClosed = true;
    this.#resolveClosed();
  }
}

export class FakeAdbd {
  readonly streams: FakeStream[] = [];
  /** Payloads of AUTH packets of type 3. */
  readonly offeredKeys: string[] = [];
  readonly sockets = new Set<Socket>();
  signatures = 0;

  private constructor(
    private readonly server: Server,
    private readonly options: FakeAdbdOptions,
  ) {}

  static async start(options: FakeAdbdOptions = {}): Promise<FakeAdbd> {
    const server = createServer({ noDelay: true });
    const fake = new FakeAdbd(server, options);
    server.on('connection', (socket) => fake.#serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return fake;
  }

  get port(): number {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has one
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.drop();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Cuts every connection. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    const send = (
      command: string,
      arg0: number,
      arg1: number,
      payload: Uint8Array = new Uint8Array(0),
    ): void => {
      const head = Buffer.alloc(24);
      head.write(command, 0, 'latin1');
      head.writeUInt32LE(arg0, 4);
      head.writeUInt32LE(arg1, 8);
      head.writeUInt32LE(payload.length, 12);
      head.writeUInt32LE((head.readUInt32LE(0) ^ 0xffffffff) >>> 0, 20);
      socket.write(Buffer.concat([head, payload]));
    };
    let held = Buffer.alloc(0);
    const state = { token: randomBytes(20), streams: new Map<number, FakeStream>(), next: 100 };
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 24 && held.length >= 24 + held.readUInt32LE(12)) {
        const size = held.readUInt32LE(12);
        const packet = {
          command: held.toString('latin1', 0, 4),
          arg0: held.readUInt32LE(4),
          arg1: held.readUInt32LE(8),
          payload: held.subarray(24, 24 + size),
        };
        held = held.subarray(24 + size);
        this.#handle(packet, state, socket, send);
      }
    });
  }

  #handle(
    packet: Packet,
    state: { token: Buffer; streams: Map<number, FakeStream>; next: number },
    socket: Socket,
    send: (command: string, arg0: number, arg1: number, payload?: Uint8Array) => void,
  ): void {
    const { keys, banner = DEFAULT_BANNER, service, coalesce = false } = this.options;
    const delayed = banner.includes('delayed_ack');
    const accept = (): void => send('CNXN', 0x01000001, 1 << 20, Buffer.from(banner));
    const { command, arg0, arg1, payload } = packet;
    if (command === 'CNXN') {
      if (keys === undefined) accept();
      else send('AUTH', 1, 0, state.token);
    } else if (command === 'AUTH' && arg0 === 2) {
      this.signatures += 1;
      if (keys?.some((key) => signs(key, state.token, payload)) === true) accept();
      else send('AUTH', 1, 0, (state.token = randomBytes(20)));
    } else if (command === 'AUTH') this.offeredKeys.push(payload.toString('latin1'));
    else if (command === 'OPEN') {
      const name = payload.toString().replace(/\0$/, '');
      const handler = service?.(name);
      if (handler === undefined) return send('CLSE', 0, arg0);
      const stream = new FakeStream(name, (state.next += 1), arg0, send, delayed ? arg1 : undefined);
      state.streams.set(stream.local, stream);
      this.streams.push(stream);
      if (coalesce) socket.cork();
      send('OKAY', stream.local, arg0, delayed ? Buffer.from('00000002', 'hex') : undefined);
      handler(stream);
      if (coalesce) socket.uncork();
    } else {
      const stream = state.streams.get(arg1);
      if (command === 'CLSE' && stream !== undefined) {
        state.streams.delete(stream.local);
        if (!stream.isClosed) send('CLSE', stream.local, stream.remote);
        stream.ended();
      } else if (command === 'OKAY') stream?.okay(payload);
      else if (command === 'WRTE' && stream !== undefined) {
        const ack = Buffer.alloc(delayed ? 4 : 0);
        if (delayed) ack.writeUInt32LE(payload.length);
        const answer = async (): Promise<void> => {
          await stream.onData(payload);
          if (!stream.isClosed) send('OKAY', stream.local, stream.remote, ack);
        };
        void answer();
      }
    }
    return undefined;
  }
}

/** PKCS #1 v1.5 over the token as a SHA-1 digest, checked with the public key alone. */
function signs(pem: string, token: Buffer, signature: Buffer): boolean {
  try {
    const info = publicDecrypt(createPublicKey(pem), signature);
    return info.equals(Buffer.concat([Buffer.from('3021300906052b0e03021a05000414', 'hex'), token]));
  } catch {
    return false;
  }
}
