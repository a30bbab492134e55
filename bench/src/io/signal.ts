import type { ClientRequests } from '@ancloud/contracts/viewer';
import { parseFrame } from '@ancloud/contracts/viewer';
import { WebSocket } from 'ws';

/** A viewer's signalling, from Node. */
export class Signal {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: (ok: unknown) => void; reject: (error: Error) => void }>();
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (bytes: Buffer, binary) => {
      if (!binary) this.#received(bytes.toString('utf8'));
    });
    socket.on('close', (code, reason) => {
      const error = new Error(`signalling closed: ${code} ${reason.toString('utf8')}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** @param url http address of the gateway. */
  static connect(url: string): Promise<Signal> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/signal`, { perMessageDeflate: false });
      socket.once('error', reject);
      socket.once('open', () => resolve(new Signal(socket)));
    });
  }

  request<M extends keyof ClientRequests>(
    method: M,
    data: ClientRequests[M]['data'],
  ): Promise<ClientRequests[M]['reply']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (ok: unknown) => void, reject });
      this.#socket.send(JSON.stringify({ id, method, data }));
    });
  }

  /** One `ViewerInput` as a binary frame. */
  input(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  close(): void {
    this.#socket.close(1000);
  }

  #received(text: string): void {
    const frame = parseFrame(text);
    if (frame === null || 'notify' in frame) return;
    if ('method' in frame) {
      // Only pings are asked.
      this.#socket.send(JSON.stringify({ id: frame.id, ok: {} }));
      return;
    }
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if (frame.error === undefined) waiting?.resolve(frame.ok);
    else waiting?.reject(new Error(`${frame.error.code}: ${frame.error.message}`));
  }
}
