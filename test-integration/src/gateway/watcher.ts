import { eventually } from '../harness/eventually.js';
import type { GatewayProcess } from './gateway-process.js';

export interface Said {
  readonly id?: number;
  readonly method?: string;
  readonly notify?: string;
  readonly ok?: Readonly<Record<string, unknown>> & { readonly viewer: string; readonly resume: string };
  readonly error?: { readonly code: string };
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A viewer's end: Node's own WebSocket. */
export class Watcher {
  static readonly #open = new Set<Watcher>();
  readonly said: Said[] = [];
  closed: number | undefined;
  readonly socket: WebSocket;
  readonly opened: Promise<void>;

  constructor(at: GatewayProcess) {
    this.socket = new WebSocket(`${at.url.replace('http', 'ws')}/v1/signal`);
    Watcher.#open.add(this);
    this.socket.addEventListener('message', ({ data }) => this.said.push(JSON.parse(String(data)) as Said));
    this.socket.addEventListener('close', ({ code }) => {
      this.closed = code;
      Watcher.#open.delete(this);
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.addEventListener('open', () => resolve());
      this.socket.addEventListener('error', () => reject(new Error('refused')));
    });
  }

  /** All that are still open. */
  static closeAll(): void {
    for (const watcher of Watcher.#open) watcher.socket.close();
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async reply(id: number): Promise<Said> {
    return eventually(() => {
      const found = this.said.find((one) => one.id === id && one.method === undefined);
      if (found === undefined) throw new Error(`no reply to ${id}; said ${JSON.stringify(this.said)}`);
      return found;
    });
  }

  async note(notify: string): Promise<Said> {
    return eventually(() => {
      const found = this.said.find((one) => one.notify === notify);
      if (found === undefined) throw new Error(`no ${notify}; said ${JSON.stringify(this.said)}`);
      return found;
    });
  }

  async over(): Promise<number> {
    return eventually(() => {
      if (this.closed === undefined) throw new Error('still open');
      return this.closed;
    });
  }
}
