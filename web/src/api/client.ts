import type { WishName } from '../farm/words.js';
import { ApiError, problemOf } from './api-error.js';
import type {
  CreatePhone,
  Encoder,
  Group,
  GroupState,
  Host,
  Image,
  Macro,
  MacroState,
  Me,
  Operation,
  Phone,
  PhoneOperation,
  PhoneViewer,
  Recording,
  Viewer,
} from './types.js';

const TIMEOUT_MS = 30_000;
/** How long one question for an operation's end waits at the farm. */
const WAIT_MS = 20_000;
const PAGE_SIZE = 500;

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * The gateway's REST API as the console uses it, by the session's cookie. Every method rejects with ApiError.
 */
export class Client {
  readonly #fetch: Fetch;

  constructor(fetcher: Fetch = (url, init) => fetch(url, init)) {
    this.#fetch = fetcher;
  }

  signIn(code: string): Promise<Me> {
    return this.#json('POST', '/v1/console/sign-in', { body: { code } });
  }

  async signOut(): Promise<void> {
    await this.#call('DELETE', '/v1/console/session');
  }

  me(): Promise<Me> {
    return this.#json('GET', '/v1/me');
  }

  /** All phones, however many pages they take. */
  async phones(): Promise<Phone[]> {
    const all: Phone[] = [];
    let token = '';
    do {
      const query = new URLSearchParams({ pageSize: String(PAGE_SIZE), pageToken: token });
      const page = await this.#json<{ phones: Phone[]; nextPageToken: string }>('GET', `/v1/phones?${query}`);
      all.push(...page.phones);
      token = page.nextPageToken;
    } while (token !== '');
    return all;
  }

  phone(id: string): Promise<Phone> {
    return this.#json('GET', `/v1/phones/${encodeURIComponent(id)}`);
  }

  /** `key` makes a repeated request harmless. */
  create(wish: CreatePhone, key: string): Promise<PhoneOperation> {
    return this.#json('POST', '/v1/phones', { body: wish, headers: { 'idempotency-key': key } });
  }

  /** Every wish but a deletion. */
  wish(id: string, wish: Exclude<WishName, 'delete'>): Promise<PhoneOperation> {
    return this.#json('POST', `/v1/phones/${encodeURIComponent(id)}/${wish}`);
  }

  /** Of the picture that viewers get, from now on. */
  encode(id: string, encoder: Encoder): Promise<PhoneOperation> {
    return this.#json('PATCH', `/v1/phones/${encodeURIComponent(id)}`, { body: { spec: { encoder } } });
  }

  /** `force`: also when the phone's host does not answer. */
  delete(id: string, force: boolean): Promise<PhoneOperation> {
    return this.#json('DELETE', `/v1/phones/${encodeURIComponent(id)}${force ? '?force=true' : ''}`);
  }

  viewer(id: string, role: PhoneViewer['role'], ttlSeconds?: number): Promise<Viewer> {
    const body = ttlSeconds === undefined ? { role } : { role, ttlSeconds };
    return this.#json('POST', `/v1/phones/${encodeURIComponent(id)}/viewers`, { body });
  }

  async viewers(id: string): Promise<readonly PhoneViewer[]> {
    const path = `/v1/phones/${encodeURIComponent(id)}/viewers`;
    return (await this.#json<{ viewers: PhoneViewer[] }>('GET', path)).viewers;
  }

  /** The viewer sees and touches nothing any more, and does not come back. */
  async revoke(viewerId: string): Promise<void> {
    await this.#call('DELETE', `/v1/viewers/${encodeURIComponent(viewerId)}`);
  }

  /** The others do from now on what is done on the master. */
  createGroup(masterId: string, phoneIds: readonly string[]): Promise<Group> {
    return this.#json('POST', '/v1/groups', { body: { masterId, phoneIds } });
  }

  async groups(): Promise<readonly Group[]> {
    return (await this.#json<{ groups: Group[] }>('GET', '/v1/groups')).groups;
  }

  group(id: string): Promise<GroupState> {
    return this.#json('GET', `/v1/groups/${encodeURIComponent(id)}`);
  }

  /** Exactly these take no part. */
  exclude(groupId: string, phoneIds: readonly string[]): Promise<Group> {
    const path = `/v1/groups/${encodeURIComponent(groupId)}`;
    return this.#json('PATCH', path, { body: { exclude: phoneIds } });
  }

  async endGroup(id: string): Promise<void> {
    await this.#call('DELETE', `/v1/groups/${encodeURIComponent(id)}`);
  }

  record(id: string): Promise<Recording> {
    return this.#json('POST', `/v1/phones/${encodeURIComponent(id)}/recordings`);
  }

  async recordings(id: string): Promise<readonly Recording[]> {
    const path = `/v1/recordings?phoneId=${encodeURIComponent(id)}`;
    return (await this.#json<{ recordings: Recording[] }>('GET', path)).recordings;
  }

  stopRecording(id: string): Promise<Recording> {
    return this.#json('POST', `/v1/recordings/${encodeURIComponent(id)}/stop`);
  }

  async deleteRecording(id: string): Promise<void> {
    await this.#call('DELETE', `/v1/recordings/${encodeURIComponent(id)}`);
  }

  /** Where the browser fetches a file itself. */
  recordingFile(id: string, index: number): string {
    return `/v1/recordings/${encodeURIComponent(id)}/files/${index}`;
  }

  async macros(): Promise<readonly Macro[]> {
    return (await this.#json<{ macros: Macro[] }>('GET', '/v1/macros')).macros;
  }

  async deleteMacro(id: string): Promise<void> {
    await this.#call('DELETE', `/v1/macros/${encodeURIComponent(id)}`);
  }

  /** What is recorded on a phone, and the newest play. */
  macroState(phoneId: string): Promise<MacroState> {
    return this.#json('GET', `/v1/phones/${encodeURIComponent(phoneId)}/macro`);
  }

  recordMacro(phoneId: string): Promise<MacroState> {
    return this.#json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/macro/record`);
  }

  saveMacro(phoneId: string, name: string): Promise<Macro> {
    return this.#json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/macro/save`, { body: { name } });
  }

  /** Whoever looks on at the console has the controls as a rule: the macro takes them. */
  playMacro(phoneId: string, macroId: string): Promise<MacroState> {
    const body = { macroId, takeOver: true };
    return this.#json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/macro/play`, { body });
  }

  stopMacro(phoneId: string): Promise<MacroState> {
    return this.#json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/macro/stop`);
  }

  /** One that was begun at most `maxAgeMs` ago will do: all consoles that show a phone share it. */
  async screenshot(id: string, maxAgeMs: number, signal?: AbortSignal): Promise<Blob> {
    const more = signal === undefined ? {} : { signal };
    const path = `/v1/phones/${encodeURIComponent(id)}/screenshot?maxAgeMs=${maxAgeMs}`;
    return (await this.#call('GET', path, more)).blob();
  }

  async log(id: string, lines: number): Promise<string> {
    return (await this.#call('GET', `/v1/phones/${encodeURIComponent(id)}/log?tail=${lines}`)).text();
  }

  async images(): Promise<Image[]> {
    const { images } = await this.#json<{ images: { image: Image | null }[] }>('GET', '/v1/images');
    return images.flatMap(({ image }) => (image === null ? [] : [image]));
  }

  async hosts(): Promise<readonly Host[]> {
    return (await this.#json<{ hosts: Host[] }>('GET', '/v1/hosts')).hosts;
  }

  /** The operation when it has ended. */
  async ended(operation: Operation): Promise<Operation> {
    let now = operation;
    while (now.state === 'running')
      now = await this.#json('GET', `/v1/operations/${now.operationId}/wait?timeoutMs=${WAIT_MS}`);
    return now;
  }

  async #json<T>(method: string, path: string, more: Extras = {}): Promise<T> {
    const response = await this.#call(method, path, more);
    return (await response.json()) as T;
  }

  async #call(method: string, path: string, { body, headers, signal }: Extras = {}): Promise<Response> {
    const patience = AbortSignal.timeout(TIMEOUT_MS);
    let response: Response;
    try {
      response = await this.#fetch(path, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
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

interface Extras {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}
