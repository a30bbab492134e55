import fs from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { AppError, isAppError, toProblem } from '@ancloud/kit/errors';
import { vi } from 'vitest';
import { type Layout, layoutFrom } from '../layout.js';
import { Output } from '../output.js';

/** What is answered to `METHOD /path`, or thrown. A text is sent as it is, anything else as JSON. */
type Routes = Readonly<Record<string, (body: unknown, query: URLSearchParams) => unknown>>;

/** For specs: a gateway of these routes and no others, that commands with `layout` ask until `close`, and what they print. */
export class FakeGateway {
  readonly layout: Layout;
  readonly #server: http.Server;
  readonly #home: string;

  private constructor(server: http.Server) {
    this.#server = server;
    this.#home = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-cli-'));
    this.layout = layoutFrom('/x', { ANCLOUD_HOME: this.#home, ANCLOUD_RUN_DIR: this.#home }, 'host');
    const key = path.join(this.#home, 'key');
    fs.writeFileSync(key, 'secret');
    vi.stubEnv('ANCLOUD_API_KEY_FILE', key);
    vi.stubEnv('ANCLOUD_URL', `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
  }

  static async start(routes: Routes): Promise<FakeGateway> {
    const server = http.createServer((request, response) => {
      void answer(routes, request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeGateway(server);
  }

  async close(): Promise<void> {
    vi.unstubAllEnvs();
    fs.rmSync(this.#home, { recursive: true });
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function answer(
  routes: Routes,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const [status, body] = await outcome(routes, request);
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function outcome(routes: Routes, request: http.IncomingMessage): Promise<[number, unknown]> {
  const { method = '', url = '' } = request;
  try {
    const { pathname, searchParams } = new URL(url, 'http://gateway');
    const route = routes[`${method} ${pathname}`];
    if (route === undefined)
      throw new AppError('ROUTE_NOT_FOUND', 'there is no such resource', { field: 'url' });
    return [200, route(method === 'GET' ? undefined : await json(request), searchParams)];
  } catch (error) {
    if (!isAppError(error)) throw error;
    const problem = toProblem(error);
    return [problem.status, problem];
  }
}

/** Keeps what a command prints. */
export class Printed extends Output {
  value: unknown;
  text = '';

  constructor() {
    super(false);
  }

  override line(value: unknown, text: string): void {
    this.value = value;
    if (text !== '') this.text += `${text}\n`;
  }

  override result(value: unknown, text: string): void {
    this.value = value;
    this.text = text;
  }
}
