import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a WHIP server does with an offer. */
export interface Taken {
  readonly answer: string;
  readonly end: () => Promise<void>;
}

/**
 * The HTTP half of a WHIP server of the world on loopback (RFC 9725): it is busy once, sends its first client on by a redirect, wants a
 * token, and leaves the media to `take`.
 */
export class WhipServer {
  readonly token = 'token-of-the-stream';
  /** `POST /whip/live 201` … */
  readonly seen: string[] = [];
  readonly #server: http.Server;
  readonly #take: (offer: string) => Promise<Taken>;
  readonly #sessions = new Map<string, Taken>();
  #busy = true;

  private constructor(take: (offer: string) => Promise<Taken>) {
    this.#take = take;
    this.#server = http.createServer((request, response) => void this.#reply(request, response));
  }

  static async start(take: (offer: string) => Promise<Taken>): Promise<WhipServer> {
    const server = new WhipServer(take);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Where offers are sent on from. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/moved/key-of-the-stream`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #reply(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const [status, headers, body] = await this.#serve(request);
      this.seen.push(`${request.method} ${request.url} ${status}`);
      response.writeHead(status, headers).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }

  async #serve(request: http.IncomingMessage): Promise<[number, Record<string, string>, string]> {
    const { method, url = '', headers } = request;
    const offer = await text(request);
    if (headers.authorization !== `Bearer ${this.token}`) return [401, {}, ''];
    if (method === 'DELETE') {
      const session = this.#sessions.get(url);
      this.#sessions.delete(url);
      await session?.end();
      return [session === undefined ? 404 : 200, {}, ''];
    }
    if (url.startsWith('/moved/')) return [307, { location: '/whip/live' }, ''];
    if (this.#busy) {
      this.#busy = false;
      return [503, { 'retry-after': '1' }, ''];
    }
    const taken = await this.#take(offer);
    const session = `/session/${this.seen.length}`;
    this.#sessions.set(session, taken);
    return [201, { location: session, 'content-type': 'application/sdp' }, taken.answer];
  }
}
