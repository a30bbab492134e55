import crypto from 'node:crypto';
import net from 'node:net';
import { PATIENCE_MS } from '../harness/eventually.js';
import { freePort } from '../harness/places.js';
import type { NatsServer, RedisServer } from '../harness/servers.js';
import { ServiceProcess } from '../harness/service-process.js';

export interface GatewaySecrets {
  readonly apiKey: string;
  readonly tokenSecret: string;
  readonly farmSecret: string;
}

export function newSecrets(): GatewaySecrets {
  const secret = (): string => crypto.randomBytes(24).toString('base64url');
  return { apiKey: secret(), tokenSecret: secret(), farmSecret: secret() };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly json: Json;
}
/** Fields of answers that tests look into. Which of them are there is what the tests find out. */
export interface Json {
  readonly phone: { readonly phoneId: string };
  readonly phones: readonly { readonly phoneId: string; readonly phase: string }[];
  readonly operation: { readonly operationId: string };
  readonly operationId: string;
  readonly state: string;
  readonly phoneId: string;
  readonly feedId: string;
  readonly macroId: string;
  readonly revision: number;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  readonly steps: readonly unknown[];
  readonly groupId: string;
  readonly groups: readonly { readonly exclude: readonly string[]; readonly revision: number }[];
  readonly code: string;
  readonly detail: string;
  readonly nextPageToken: string;
  readonly token: string;
  readonly viewerId: string;
  readonly expiresAt: string;
  readonly viewers: readonly { readonly viewerId: string; readonly invitedUntil: string | null }[];
  readonly recordingId: string;
  readonly pushId: string;
  readonly recordings: readonly { readonly recordingId: string }[];
  readonly url: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** One gateway, with the callers that it knows. */
export class GatewayProcess {
  readonly url: string;
  readonly grpcAddress: string;
  readonly secrets: GatewaySecrets;
  readonly #process: ServiceProcess;

  private constructor(ports: readonly [number, number], secrets: GatewaySecrets, process: ServiceProcess) {
    this.url = `http://127.0.0.1:${ports[0]}`;
    this.grpcAddress = `127.0.0.1:${ports[1]}`;
    this.secrets = secrets;
    this.#process = process;
  }

  static async start(options: {
    readonly redis: RedisServer;
    readonly nats: NatsServer;
    readonly secrets: GatewaySecrets;
    readonly webDir?: string;
    readonly env?: Readonly<Record<string, string>>;
  }): Promise<GatewayProcess> {
    const { redis, nats, secrets } = options;
    const service = new ServiceProcess('gateway');
    const file = (name: string, content: string): string => service.secret(name, content);
    const ports = [await freePort(), await freePort()] as const;
    await service.start({
      ANCLOUD_HTTP_LISTEN: `127.0.0.1:${ports[0]}`,
      ANCLOUD_GRPC_LISTEN: `127.0.0.1:${ports[1]}`,
      ANCLOUD_API_KEY_FILE: file('api-key', secrets.apiKey),
      ANCLOUD_TOKEN_SECRET_FILE: file('token-secret', secrets.tokenSecret),
      ANCLOUD_FARM_SECRET_FILE: file('farm-secret', secrets.farmSecret),
      ANCLOUD_NATS_URL: `nats://${nats.address}`,
      ANCLOUD_NATS_PASS_FILE: file('nats-pass', nats.passwords.gateway),
      ANCLOUD_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      ANCLOUD_REDIS_PASS_FILE: file('redis-pass', redis.password),
      ANCLOUD_ALLOWED_ORIGINS: 'https://partner.example',
      ANCLOUD_LOG_LEVEL: 'debug',
      ...(options.webDir === undefined ? {} : { ANCLOUD_WEB_DIR: options.webDir }),
      ...options.env,
    });
    return new GatewayProcess(ports, secrets, service);
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#process.log;
  }

  start(): Promise<void> {
    return this.#process.start();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** Ends it and removes its files. Answers its exit code. */
  stop(): Promise<number | null> {
    return this.#process.stop();
  }

  /** What a raw socket gets back until the gateway closes it. */
  raw(text: string): Promise<string> {
    const { port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.setEncoding('utf8').on('data', (piece: string) => (answer += piece));
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
      socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    });
  }

  /**
   * A POST with the bootstrap key that says how long its body is and sends none of it: what a gateway does not read of a body that it refuses resets
   * the connection, and the answer may be lost with it.
   */
  announced(at: string, bodyBytes: number): Promise<string> {
    const head = [
      `POST ${at} HTTP/1.1`,
      'host: gateway',
      `authorization: Bearer ${this.secrets.apiKey}`,
      'content-type: application/json',
      `content-length: ${bodyBytes}`,
    ];
    return this.raw(`${head.join('\r\n')}\r\n\r\n`);
  }

  /** A REST call with the bootstrap key, unless `headers` say otherwise. */
  async call(
    method: string,
    at: string,
    options: {
      readonly body?: unknown;
      readonly raw?: string | Uint8Array<ArrayBuffer>;
      readonly headers?: Readonly<Record<string, string>>;
      readonly key?: string | null;
    } = {},
  ): Promise<Answer> {
    const { body, raw, headers, key = this.secrets.apiKey } = options;
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${this.url}${at}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {} as Json;
  }
}
