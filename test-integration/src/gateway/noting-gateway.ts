import crypto from 'node:crypto';
import http from 'node:http';
import type net from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';

/** What somebody asked of the API. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  /** Undefined for none, and for one that is no JSON. */
  readonly body: unknown;
}

/** Bytes of what is sent in pieces: an upload is at its end when it has them. */
export const UPLOADED = 'bytes';

const recording = {
  recordingId: 'rec_1',
  phoneId: 'ph_1',
  startedAt: null,
  state: 'recording',
  durationMs: 0,
  size: 0,
  reason: '',
  files: [],
};

const words = { name: '', phoneId: 'ph_1', profile: '', hostId: 'h1', createdAt: null };
const snapshot = { ...words, snapshotId: 'sn_1', size: 0, users: 0, sha256: crypto.hash('sha256', '') };
const operation = { operationId: 'op_1', kind: 'start', phoneId: 'ph_1', result: '', error: null };

/** One answer to everything: whoever asks finds in it what they look for. */
const ANSWER = {
  ...operation,
  state: 'done',
  operation: { ...operation, state: 'running' },
  phone: { phoneId: 'ph_1' },
  run: { runId: 'run_1', state: 'done' },
  recording: null,
  recordings: [recording],
  snapshots: [snapshot],
  files: [{ index: 1 }],
  uploadId: 'up_1',
  offset: UPLOADED.length,
  url: 'http://127.0.0.1/',
  signalUrl: 'ws://127.0.0.1/v1/signal',
  phoneIds: ['ph_1'],
  revision: 1,
  jitter: { place: 0, delayMs: 0 },
  times: null,
  findings: [],
  ok: true,
  output: '',
  ...Object.fromEntries(
    'phones hosts mediaServices images uploads viewers groups members exclude macros feeds pushes lines asking'
      .split(' ')
      .map((list) => [list, []]),
  ),
};

/** A gateway that writes down what it is asked, and is content with it. */
export class NotingGateway {
  readonly url: string;
  readonly #server: http.Server;
  #asked: Asked[] = [];

  private constructor(server: http.Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    server.on('request', (request, response) => void this.#answer(request, response));
    new WebSocketServer({ server }).on('connection', (socket, request) => {
      this.#asked.push(asked(request, ''));
      socket.once('message', () => socket.send(JSON.stringify({ notify: 'exit', data: { code: 0 } })));
    });
  }

  static async start(): Promise<NotingGateway> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new NotingGateway(server);
  }

  /** What was asked since it was taken last. */
  take(): readonly Asked[] {
    const taken = this.#asked;
    this.#asked = [];
    return taken;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const one = asked(request, await text(request));
    this.#asked.push(one);
    // One more page, once.
    const nextPageToken = request.url?.includes('pageToken=ph_1') === true ? '' : 'ph_1';
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...ANSWER, nextPageToken }));
  }
}

function asked({ method = '', url = '', headers }: http.IncomingMessage, body: string): Asked {
  const { pathname, searchParams } = new URL(url, 'http://gateway');
  const json = headers['content-type'] === 'application/json' ? (JSON.parse(body) as unknown) : undefined;
  return { method, path: pathname, query: [...searchParams.keys()], body: json };
}
