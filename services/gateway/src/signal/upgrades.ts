import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { viewer } from '@ancloud/contracts';
import { AppError, type Log } from '@ancloud/kit';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Problems } from '../api/problem.js';
import { originAllowed, originRefused } from '../auth/request-auth.js';

/** What a WebSocket's owner is told. None of them throws. */
export interface SocketHandler {
  text(text: string, bytes: number): void;
  binary(bytes: Uint8Array): void;
  /** Called once, last. */
  gone(): void;
  /** The gateway is stopping. */
  stop(): void;
}

/** One path that becomes a WebSocket. */
export interface UpgradeRoute {
  readonly pattern: RegExp;
  /** Origins whose pages may connect; requests without an Origin come from no browser and are let in: the first message proves who they are. */
  readonly origins: ReadonlySet<string>;
  readonly open: (socket: WebSocket, request: IncomingMessage, params: readonly string[]) => SocketHandler;
}

/** Connections of this process at most: beyond, memory is better spent on those who are in. */
const MAX_SOCKETS = 5_000;
/** The largest message of any path: a clipboard text with its frame. */
const MAX_PAYLOAD = viewer.limits.clipboardMessage;
/** Time for close frames to be answered when stopping, ms. */
const STOP_MS = 1_000;

/** Turns upgrade requests into WebSockets, or into problems. Owns its sockets; `stop`, then `join`. */
export class Upgrades {
  readonly #routes: readonly UpgradeRoute[];
  readonly #problems: Problems;
  readonly #log: Log;
  readonly #handlers = new Map<WebSocket, SocketHandler>();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD,
    // Compression costs memory per socket and leaks lengths; our messages are small.
    perMessageDeflate: false,
    clientTracking: false,
  });
  #stopping = false;

  constructor(routes: readonly UpgradeRoute[], problems: Problems, log: Log) {
    this.#routes = routes;
    this.#problems = problems;
    this.#log = log;
  }

  attach(http: Server): void {
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      try {
        this.#upgrade(request, socket, head);
      } catch (error) {
        this.#problems.end(socket, error);
      }
    });
  }

  get open(): number {
    return this.#handlers.size;
  }

  /** Tells every connection, and takes no more. */
  stop(): void {
    this.#stopping = true;
    for (const handler of this.#handlers.values()) handler.stop();
  }

  /** Cuts what has not closed by itself within a second. */
  async join(): Promise<void> {
    const until = performance.now() + STOP_MS;
    while (this.#handlers.size > 0 && performance.now() < until)
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    for (const socket of this.#handlers.keys()) socket.terminate();
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = (request.url ?? '').split('?')[0] ?? '';
    for (const route of this.#routes) {
      const match = route.pattern.exec(path);
      if (match === null) continue;
      const { origin } = request.headers;
      if (origin !== undefined && !originAllowed(origin, route.origins)) throw originRefused(origin);
      if (this.#stopping || this.#handlers.size >= MAX_SOCKETS)
        throw new AppError('CAPACITY', 'this gateway takes no more connections', {
          fix: 'try again in a moment',
        });
      this.#server.handleUpgrade(request, socket, head, (websocket) =>
        this.#connected(websocket, route.open(websocket, request, match.slice(1))),
      );
      return;
    }
    throw new AppError('ROUTE_NOT_FOUND', 'there is no such WebSocket', { field: 'url', value: path });
  }

  #connected(socket: WebSocket, handler: SocketHandler): void {
    this.#handlers.set(socket, handler);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      // `nodebuffer` is ws' default: never a list, never an ArrayBuffer.
      const bytes = data as Buffer;
      if (isBinary) handler.binary(bytes);
      else handler.text(bytes.toString('utf8'), bytes.length);
    });
    // Broken frames, text that is not UTF-8, messages beyond maxPayload: ws closes with 1002, 1007, 1009 by itself.
    socket.on('error', (err) => this.#log.debug({ err }, 'a WebSocket broke a rule'));
    socket.on('close', () => {
      this.#handlers.delete(socket);
      handler.gone();
    });
  }
}
