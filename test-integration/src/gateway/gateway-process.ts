import { type ChildProcess, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { freePort } from '../harness/places.js';
import type { NatsServer, RedisServer } from '../harness/servers.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const MAIN = path.join(ROOT, 'services/gateway/bundle/main.js');

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
  readonly phoneId: string;
  readonly code: string;
  readonly detail: string;
  readonly nextPageToken: string;
  readonly token: string;
  readonly viewerId: string;
  readonly recordingId: string;
  readonly pushId: string;
  readonly recordings: readonly { readonly recordingId: string }[];
  readonly url: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** One gateway as its operator starts it: a process with an environment. */
export class GatewayProcess {
  readonly url: string;
  readonly grpcAddress: string;
  readonly secrets: GatewaySecrets;
  readonly #env: Record<string, string>;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(
    ports: readonly [number, number],
    secrets: GatewaySecrets,
    env: Record<string, string>,
    folder: string,
  ) {
    this.url = `http://127.0.0.1:${ports[0]}`;
    this.grpcAddress = `127.0.0.1:${ports[1]}`;
    this.secrets = secrets;
    this.#env = env;
    this.#folder = folder;
  }

  static async start(options: {
    readonly redis: RedisServer;
    readonly nats: NatsServer;
    readonly secrets: GatewaySecrets;
    readonly webDir?: string;
    readonly env?: Readonly<Record<string, string>>;
  }): Promise<GatewayProcess> {
    const { redis, nats, secrets } = options;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-test-gateway-'));
    const file = (name: string, content: string): string => {
      const at = path.join(folder, name);
      fs.writeFileSync(at, `${content}\n`, { mode: 0o600 });
      return at;
    };
    const ports = [await freePort(), await freePort()] as const;
    const gateway = new GatewayProcess(
      ports,
      secrets,
      {
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
      },
      folder,
    );
    await gateway.start();
    return gateway;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'] ?? '', ...this.#env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    await eventually(() => {
      if (this.#log.includes('"msg":"ready"')) return;
      if (child.exitCode !== null) return;
      throw new NotYet('the gateway has not said ready');
    });
    if (child.exitCode !== null) throw new Error(`the gateway did not start:\n${this.#log}`);
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Ends it and removes its files. Answers its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    await this.#end('SIGTERM');
    fs.rmSync(this.#folder, { recursive: true, force: true });
    return child?.exitCode ?? null;
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

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await gone;
    clearTimeout(late);
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {} as Json;
  }
}
