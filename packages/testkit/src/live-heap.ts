/** What a Node process holds when its garbage is collected, by its inspector. */
export class LiveHeap {
  readonly #socket: WebSocket;
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** `url`: as the process says it, `ws://127.0.0.1:…`. */
  static async open(url: string): Promise<LiveHeap> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error(`the inspector at ${url} does not answer`)));
    });
    return new LiveHeap(socket);
  }

  /** Bytes, buffers included, after a full collection. */
  async measure(): Promise<number> {
    await this.#call('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize = 0 } = (await this.#call('Runtime.getHeapUsage')) as {
      usedSize: number;
      backingStorageSize?: number;
    };
    return usedSize + backingStorageSize;
  }

  /** Whoever measures a process's time leaves it alone meanwhile; another one may be opened later. */
  close(): void {
    this.#socket.close();
  }

  /** As `close`, and the process's inspector ends as well: its port is free for another's. */
  async shut(): Promise<void> {
    // It waits for its clients to leave, so not while this one is being answered.
    const expression = `setTimeout(() => process.getBuiltinModule('node:inspector').close(), 50)`;
    await this.#call('Runtime.evaluate', { expression });
    this.close();
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = (this.#calls += 1);
    return new Promise((resolve, reject) => {
      const heard = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: unknown };
        if (answer.id !== id) return;
        this.#socket.removeEventListener('message', heard);
        if (answer.error === undefined) resolve(answer.result);
        else reject(new Error(`${method}: ${JSON.stringify(answer.error)}`));
      };
      this.#socket.addEventListener('message', heard);
      this.#socket.addEventListener('close', () => reject(new Error(`${method}: the process is gone`)));
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
