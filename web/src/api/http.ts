import { ApiError, problemOf } from './api-error.js';

const TIMEOUT_MS = 30_000;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Extras {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** One request to the gateway, by the session's cookie. Both ways reject with ApiError. */
export class Http {
  readonly #fetch: Fetch;

  constructor(fetcher: Fetch = (url, init) => fetch(url, init)) {
    this.#fetch = fetcher;
  }

  async json<T>(method: string, path: string, more: Extras = {}): Promise<T> {
    const response = await this.call(method, path, more);
    return (await response.json()) as T;
  }

  async call(method: string, path: string, { body, headers, signal }: Extras = {}): Promise<Response> {
    const patience = AbortSignal.timeout(TIMEOUT_MS);
    let response: Response;
    try {
      response = await this.#fetch(path, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? patience : either(signal, patience),
      });
    } catch (cause) {
      const late = (cause as Error).name === 'TimeoutError';
      throw new ApiError(
        'UNREACHABLE',
        late ? 'The farm did not answer in time' : 'The farm cannot be reached',
        0,
        'Check that it is running with ./ancloud status',
      );
    }
    if (!response.ok) throw problemOf(response.status, await response.text());
    return response;
  }
}

/** AbortSignal.any, which Safari knows from 17.4 on only. */
export function either(...signals: readonly AbortSignal[]): AbortSignal {
  const over = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) over.abort(signal.reason);
    signal.addEventListener('abort', () => over.abort(signal.reason), { once: true, signal: over.signal });
  }
  return over.signal;
}
