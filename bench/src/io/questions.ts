import { type ClientRequests, parseFrame } from '@ancloud/contracts/viewer';

type Waiting = { readonly resolve: (ok: unknown) => void; readonly reject: (error: Error) => void };

/** What a viewer asks by its signalling and is answered, whatever carries the frames. */
export class Questions {
  readonly #send: (text: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  request<M extends keyof ClientRequests>(
    method: M,
    data: ClientRequests[M]['data'],
  ): Promise<ClientRequests[M]['reply']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (ok: unknown) => void, reject });
      this.#send(JSON.stringify({ id, method, data }));
    });
  }

  received(text: string): void {
    const frame = parseFrame(text);
    if (frame === null || 'notify' in frame) return;
    // Only pings are asked.
    if ('method' in frame) return this.#send(JSON.stringify({ id: frame.id, ok: {} }));
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if (frame.error === undefined) waiting?.resolve(frame.ok);
    else waiting?.reject(new Error(`${frame.error.code}: ${frame.error.message}`));
  }

  /** Nothing is answered any more. */
  over(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
