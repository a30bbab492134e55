import { SignalError } from './signal.js';

const CONNECT_TIMEOUT_MS = 10_000;

interface Attempt {
  readonly socket: Promise<WebSocket>;
  readonly abort: AbortController;
}

/** Makes a viewer's WebSockets, one at a time. Owns the one that nobody has taken. */
export class Dialler {
  readonly #url: string;
  #attempt: Attempt | undefined;

  /** @param url `ws(s)://host/v1/signal`. */
  constructor(url: string) {
    this.#url = url;
  }

  /** The socket that is on its way, or another: whoever it is given to owns it. Rejects with SignalError UNAVAILABLE. */
  async take(): Promise<WebSocket> {
    const attempt = (this.#attempt ??= dial(this.#url));
    try {
      return await attempt.socket;
    } finally {
      if (this.#attempt === attempt) this.#attempt = undefined;
    }
  }

  /**
   * Begins one by the network that is now, in the place of one that is on its way, for whoever takes it. Resolves when it is open, has
   * failed or was given up.
   */
  async anew(): Promise<void> {
    this.drop();
    const attempt = (this.#attempt = dial(this.#url));
    try {
      await attempt.socket;
    } catch {
      if (this.#attempt === attempt) this.#attempt = undefined;
    }
  }

  /** What is on its way is given up. */
  drop(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.abort.abort();
    attempt?.socket.then(
      (socket) => socket.close(),
      () => undefined,
    );
  }
}

function dial(url: string): Attempt {
  const abort = new AbortController();
  const socket = new WebSocket(url);
  const settled = new AbortController();
  const once = { once: true, signal: settled.signal };
  const opened = new Promise<WebSocket>((resolve, reject) => {
    const fail = (): void => {
      settled.abort();
      socket.close();
      reject(new SignalError('UNAVAILABLE', `${new URL(url).host} cannot be reached`));
    };
    // One by one: Safari knows AbortSignal.any from 17.4 on.
    abort.signal.addEventListener('abort', fail, once);
    AbortSignal.timeout(CONNECT_TIMEOUT_MS).addEventListener('abort', fail, once);
    socket.addEventListener('error', fail, once);
    socket.addEventListener(
      'open',
      () => {
        settled.abort();
        resolve(socket);
      },
      once,
    );
  });
  return { socket: opened, abort };
}
