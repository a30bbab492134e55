import fs from 'node:fs';
import { AppError, fromProblem } from '@ancloud/kit/errors';
import { files, type Layout } from '../layout.js';

/** The gateway's answer for a phone, as far as the CLI shows it. */
export interface PhoneView {
  readonly phoneId: string;
  readonly name: string;
  readonly phase: string;
  readonly hostId: string;
  readonly reason: string;
  readonly message: string;
  readonly viewers: number;
  readonly viewable: boolean;
  readonly createdAt: string | null;
}

export interface OperationView {
  readonly operationId: string;
  readonly kind: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly phoneId: string;
  /** 0-100 for work that knows. */
  readonly percent: number;
  /** Of an import: what is being done, and how far; total 0 = not known. */
  readonly phase: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly result: string;
  readonly error: { readonly code: string; readonly message: string; readonly fix?: string } | null;
}

/** How often somebody who looks on is told how far an operation is. */
const PROGRESS_MS = 1_000;

/** The REST API as the CLI uses it: the install's own admin key from its secrets, on loopback. */
export class GatewayClient {
  readonly #base: string;
  readonly #key: string;

  constructor(layout: Layout) {
    this.#base = process.env['ANCLOUD_URL'] ?? `http://127.0.0.1:${layout.ports.http}`;
    const file = process.env['ANCLOUD_API_KEY_FILE'] ?? files.secret(layout, 'api-key');
    try {
      this.#key = fs.readFileSync(file, 'utf8').trim();
    } catch (cause) {
      throw new AppError('UNAUTHENTICATED', `reading the API key ${file}: ${(cause as Error).message}`, {
        field: 'ANCLOUD_API_KEY_FILE',
        value: file,
        fix: 'run ./ancloud up once on this machine, or name a key file of your farm and set ANCLOUD_URL',
        cause,
      });
    }
  }

  get base(): string {
    return this.#base;
  }

  /** For first frames of WebSockets, which carry no headers of ours. Never printed. */
  get key(): string {
    return this.#key;
  }

  /** Sends one request. Errors: those of the API (problem+json), UNAVAILABLE when nobody answers. */
  async request(
    method: string,
    path: string,
    options: {
      json?: unknown;
      body?: Blob;
      /** Of the body; default `application/octet-stream`. */
      mediaType?: string;
      headers?: Readonly<Record<string, string>>;
      /** Of all of the answer; default 30,000. Infinity = for as long as it comes. */
      timeoutMs?: number;
    } = {},
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(new URL(path, this.#base), {
        method,
        headers: {
          authorization: `Bearer ${this.#key}`,
          ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.body === undefined
            ? {}
            : { 'content-type': options.mediaType ?? 'application/octet-stream' }),
          ...options.headers,
        },
        ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
        ...(options.body === undefined ? {} : { body: options.body }),
        ...(options.timeoutMs === Infinity
          ? {}
          : { signal: AbortSignal.timeout(options.timeoutMs ?? 30_000) }),
      });
    } catch (cause) {
      throw new AppError('UNAVAILABLE', `the gateway at ${this.#base} does not answer`, {
        field: 'ANCLOUD_URL',
        value: this.#base,
        fix: 'is the farm up? ./ancloud status',
        cause,
      });
    }
    if (response.ok) return response;
    const text = await response.text();
    let problem: AppError | undefined;
    try {
      problem = fromProblem(JSON.parse(text));
    } catch {
      problem = undefined;
    }
    throw (
      problem ?? new AppError('INTERNAL', `${method} ${path}: HTTP ${response.status}: ${text.slice(0, 200)}`)
    );
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.request('GET', path)).json()) as T;
  }

  async post<T>(path: string, json: unknown = {}): Promise<T> {
    return (await (await this.request('POST', path, { json })).json()) as T;
  }

  /** All of the caller's, by id, however many pages they are. */
  async phones(): Promise<{ phones: PhoneView[] }> {
    const phones: PhoneView[] = [];
    for (let pageToken = ''; ;) {
      const query = new URLSearchParams({ pageSize: '1000', pageToken }).toString();
      const page = await this.get<{ phones: PhoneView[]; nextPageToken: string }>(`/v1/phones?${query}`);
      phones.push(...page.phones);
      pageToken = page.nextPageToken;
      if (pageToken === '') return { phones };
    }
  }

  /** Waits until the operation ended. Errors: the operation's own. */
  async wait(
    operation: OperationView,
    onProgress?: (operation: OperationView) => void,
  ): Promise<OperationView> {
    let now = operation;
    while (now.state === 'running') {
      onProgress?.(now);
      const timeoutMs = onProgress === undefined ? 5_000 : PROGRESS_MS;
      now = await this.get<OperationView>(`/v1/operations/${now.operationId}/wait?timeoutMs=${timeoutMs}`);
    }
    if (now.state === 'failed') {
      throw (
        fromProblem({ ...now.error, detail: now.error?.message }) ??
        new AppError('INTERNAL', `${now.kind} failed: ${now.error?.message ?? 'no reason given'}`)
      );
    }
    return now;
  }
}
