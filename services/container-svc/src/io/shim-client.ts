import net from 'node:net';

/** What phone-shim tells on its socket (shim/README.md, "Socket"). Everything it says only wakes somebody; files hold the truth. */
export interface ShimEvents {
  /** The property serial changed, pid 1 appeared or ended. */
  readonly onNews: (type: string) => void;
  /** The connection ended: the shim has written exit.json, or was killed. */
  readonly onClose: () => void;
}

const LINE_MAX = 16_384;

/** A connection to one phone's shim. Owned by the phone's reconciler; `close()` tells nothing more. */
export class ShimClient {
  readonly #socket: net.Socket;
  #closed = false;
  #rest = '';

  constructor(socketPath: string, events: ShimEvents) {
    this.#socket = net.connect(socketPath);
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => this.#take(text, events));
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      events.onClose();
    });
    this.#socket.unref();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #take(text: string, events: ShimEvents): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-LINE_MAX);
    for (const line of lines) {
      const type = /"type":"([a-z]+)"/.exec(line)?.[1];
      if (type !== undefined && !this.#closed) events.onNews(type);
    }
  }
}
