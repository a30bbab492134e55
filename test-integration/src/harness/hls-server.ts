import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A web server of the world on loopback that takes HLS by PUT from who has its token, and gives it to anybody. */
export class HlsServer {
  readonly token = 'token-of-the-origin';
  readonly files = new Map<string, Buffer>();
  readonly #server: http.Server;

  private constructor() {
    this.#server = http.createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<HlsServer> {
    const server = new HlsServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Of the playlist. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/live/phone.m3u8`;
  }

  get playlist(): string {
    return this.files.get('/live/phone.m3u8')?.toString() ?? '';
  }

  /** In the playlist, the oldest first. */
  get segments(): readonly string[] {
    return this.playlist.match(/^.*\.m4s$/gm) ?? [];
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method, url = '', headers } = request;
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    const found = this.files.get(url);
    if (method === 'GET') {
      response.writeHead(found === undefined ? 404 : 200).end(found);
      return;
    }
    const known = headers.authorization === `Bearer ${this.token}`;
    if (known && method === 'PUT') this.files.set(url, body);
    if (known && method === 'DELETE') this.files.delete(url);
    response.writeHead(known ? 204 : 401).end();
  }
}
