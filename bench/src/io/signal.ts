import type { ClientRequests } from '@ancloud/contracts/viewer';
import { WebSocket } from 'ws';
import { Questions } from './questions.js';

/** A viewer's signalling, from Node. */
export class Signal {
  readonly #socket: WebSocket;
  readonly #questions: Questions;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#questions = new Questions((text) => socket.send(text));
    socket.on('message', (bytes: Buffer, binary) => {
      if (!binary) this.#questions.received(bytes.toString('utf8'));
    });
    socket.on('close', (code, reason) => {
      this.#questions.over(new Error(`signalling closed: ${code} ${reason.toString('utf8')}`));
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
    return this.#questions.request(method, data);
  }

  /** One `ViewerInput` as a binary frame. */
  input(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  close(): void {
    this.#socket.close(1000);
  }
}
