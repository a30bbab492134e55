import type { WishName } from '../farm/words.js';
import { type Fetch, Http } from './http.js';
import type {
  CreatePhone,
  Encoder,
  Group,
  GroupChange,
  GroupState,
  Host,
  Image,
  Macro,
  MacroState,
  Me,
  NewGroup,
  NewViewer,
  Operation,
  Phone,
  PhoneOperation,
  PhoneViewer,
  Recording,
  Revoked,
  Viewer,
} from './types.js';

/** How long one question for an operation's end waits at the farm. */
const WAIT_MS = 20_000;
const PAGE_SIZE = 500;
/** An hour: the longest play that the farm takes. */
const PLAY_MS = 3_600_000;

/**
 * The gateway's REST API as most of the console uses it, by the session's cookie. Every method rejects with ApiError.
 */
export class Client {
  /** For what only one part of the console asks, and whose functions stand in that part's own file. */
  readonly http: Http;

  constructor(fetcher?: Fetch) {
    this.http = new Http(fetcher);
  }

  signIn(code: string): Promise<Me> {
    return this.http.json('POST', '/v1/console/sign-in', { body: { code } });
  }

  async signOut(): Promise<void> {
    await this.http.call('DELETE', '/v1/console/session');
  }

  me(): Promise<Me> {
    return this.http.json('GET', '/v1/me');
  }

  /** All phones, however many pages they take. */
  async phones(): Promise<Phone[]> {
    const all: Phone[] = [];
    let token = '';
    do {
      const query = new URLSearchParams({ pageSize: String(PAGE_SIZE), pageToken: token });
      const page = await this.http.json<{ phones: Phone[]; nextPageToken: string }>(
        'GET',
        `/v1/phones?${query}`,
      );
      all.push(...page.phones);
      token = page.nextPageToken;
    } while (token !== '');
    return all;
  }

  phone(id: string): Promise<Phone> {
    return this.http.json('GET', `/v1/phones/${encodeURIComponent(id)}`);
  }

  /** `key` makes a repeated request harmless. */
  create(wish: CreatePhone, key: string): Promise<PhoneOperation> {
    return this.http.json('POST', '/v1/phones', { body: wish, headers: { 'idempotency-key': key } });
  }

  /** Every wish but a deletion. */
  wish(id: string, wish: Exclude<WishName, 'delete'>): Promise<PhoneOperation> {
    return this.http.json('POST', `/v1/phones/${encodeURIComponent(id)}/${wish}`);
  }

  /** Of the picture that viewers get, from now on. */
  encode(id: string, encoder: Encoder): Promise<PhoneOperation> {
    return this.http.json('PATCH', `/v1/phones/${encodeURIComponent(id)}`, { body: { spec: { encoder } } });
  }

  /** Instead of all that it has. */
  label(id: string, labels: Phone['spec']['labels']): Promise<PhoneOperation> {
    return this.http.json('PATCH', `/v1/phones/${encodeURIComponent(id)}`, { body: { spec: { labels } } });
  }

  /** `force`: also when the phone's host does not answer. */
  delete(id: string, force: boolean): Promise<PhoneOperation> {
    return this.http.json('DELETE', `/v1/phones/${encodeURIComponent(id)}${force ? '?force=true' : ''}`);
  }

  viewer(id: string, body: NewViewer): Promise<Viewer> {
    return this.http.json('POST', `/v1/phones/${encodeURIComponent(id)}/viewers`, { body });
  }

  async viewers(id: string): Promise<readonly PhoneViewer[]> {
    const path = `/v1/phones/${encodeURIComponent(id)}/viewers`;
    return (await this.http.json<{ viewers: PhoneViewer[] }>('GET', path)).viewers;
  }

  /** The viewer does not come back, and sees and touches nothing any more: at once, unless the answer says otherwise. */
  revoke(viewerId: string): Promise<Revoked> {
    return this.http.json('DELETE', `/v1/viewers/${encodeURIComponent(viewerId)}`);
  }

  /** By the owner's word: whoever holds the controls loses them; to nobody where `viewerId` is empty. */
  async grantControl(phoneId: string, viewerId: string): Promise<void> {
    await this.http.call('POST', `/v1/phones/${encodeURIComponent(phoneId)}/control`, { body: { viewerId } });
  }

  createGroup(body: NewGroup): Promise<Group> {
    return this.http.json('POST', '/v1/groups', { body });
  }

  async groups(): Promise<readonly Group[]> {
    return (await this.http.json<{ groups: Group[] }>('GET', '/v1/groups')).groups;
  }

  group(id: string): Promise<GroupState> {
    return this.http.json('GET', `/v1/groups/${encodeURIComponent(id)}`);
  }

  /**
   * `phoneIds`: exactly these follow; `exclude`: exactly these of them take no part. Refused (GROUP_CHANGED) unless the group is still of the
   * revision that was seen.
   */
  changeGroup(groupId: string, revision: number, change: GroupChange): Promise<Group> {
    const body = { ...change, revision };
    return this.http.json('PATCH', `/v1/groups/${encodeURIComponent(groupId)}`, { body });
  }

  async endGroup(id: string): Promise<void> {
    await this.http.call('DELETE', `/v1/groups/${encodeURIComponent(id)}`);
  }

  record(id: string): Promise<Recording> {
    return this.http.json('POST', `/v1/phones/${encodeURIComponent(id)}/recordings`);
  }

  /** Newest first; of all phones, also of those that are gone, where `id` is empty. */
  async recordings(id: string): Promise<readonly Recording[]> {
    const path = `/v1/recordings?phoneId=${encodeURIComponent(id)}`;
    return (await this.http.json<{ recordings: Recording[] }>('GET', path)).recordings;
  }

  stopRecording(id: string): Promise<Recording> {
    return this.http.json('POST', `/v1/recordings/${encodeURIComponent(id)}/stop`);
  }

  async deleteRecording(id: string): Promise<void> {
    await this.http.call('DELETE', `/v1/recordings/${encodeURIComponent(id)}`);
  }

  /** Where the browser fetches a file itself. */
  recordingFile(id: string, index: number): string {
    return `/v1/recordings/${encodeURIComponent(id)}/files/${index}`;
  }

  async macros(): Promise<readonly Macro[]> {
    return (await this.http.json<{ macros: Macro[] }>('GET', '/v1/macros')).macros;
  }

  async deleteMacro(id: string): Promise<void> {
    await this.http.call('DELETE', `/v1/macros/${encodeURIComponent(id)}`);
  }

  /** What is recorded on a phone, and the newest play. */
  macroState(phoneId: string): Promise<MacroState> {
    return this.http.json('GET', `/v1/phones/${encodeURIComponent(phoneId)}/macro`);
  }

  recordMacro(phoneId: string): Promise<MacroState> {
    return this.http.json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/macro/record`);
  }

  discardMacro(phoneId: string): Promise<MacroState> {
    return this.http.json('DELETE', `/v1/phones/${encodeURIComponent(phoneId)}/macro/record`);
  }

  saveMacro(phoneId: string, name: string): Promise<Macro> {
    return this.http.json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/macro/save`, { body: { name } });
  }

  /** It takes the controls, also from a viewer with role control that is at work. It can be stopped at the console, so it may take the most there is. */
  playMacro(phoneId: string, macroId: string, speed: number, loops: number): Promise<MacroState> {
    const body = { macroId, speed, loops, timeoutMs: PLAY_MS, takeOver: true };
    return this.http.json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/macro/play`, { body });
  }

  stopMacro(phoneId: string): Promise<MacroState> {
    return this.http.json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/macro/stop`);
  }

  /** One that was begun at most `maxAgeMs` ago will do: all consoles that show a phone share it. */
  async screenshot(id: string, maxAgeMs: number, signal?: AbortSignal): Promise<Blob> {
    const more = signal === undefined ? {} : { signal };
    const path = `/v1/phones/${encodeURIComponent(id)}/screenshot?maxAgeMs=${maxAgeMs}`;
    return (await this.http.call('GET', path, more)).blob();
  }

  async log(id: string, lines: number): Promise<string> {
    return (await this.http.call('GET', `/v1/phones/${encodeURIComponent(id)}/log?tail=${lines}`)).text();
  }

  async images(): Promise<Image[]> {
    const { images } = await this.http.json<{ images: { image: Image | null }[] }>('GET', '/v1/images');
    return images.flatMap(({ image }) => (image === null ? [] : [image]));
  }

  async hosts(): Promise<readonly Host[]> {
    return (await this.http.json<{ hosts: Host[] }>('GET', '/v1/hosts')).hosts;
  }

  /** Drains a host, or lets it take phones again. */
  setSchedulable(hostId: string, schedulable: boolean): Promise<Host> {
    return this.http.json('PATCH', `/v1/hosts/${encodeURIComponent(hostId)}`, { body: { schedulable } });
  }

  /** The operation when it has ended. */
  async ended(operation: Operation): Promise<Operation> {
    let now = operation;
    while (now.state === 'running')
      now = await this.http.json('GET', `/v1/operations/${now.operationId}/wait?timeoutMs=${WAIT_MS}`);
    return now;
  }
}
