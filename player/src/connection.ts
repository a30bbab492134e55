import type { ServerNotifications } from '@ancloud/contracts/viewer';
import { Media } from './media.js';
import { Signal, SignalError } from './signal.js';

export type ConnectionState = 'connecting' | 'live' | 'waiting' | 'reconnecting' | 'ended';

export interface ConnectionOptions {
  /** `ws(s)://host/v1/signal`. */
  readonly url: string;
  /** Single use; after the first join the resume secret serves. */
  readonly token: string;
  readonly track: (track: MediaStreamTrack) => void;
  readonly state: (state: ConnectionState, why: string) => void;
  readonly joined: (joined: {
    readonly viewer: string;
    readonly phone: string;
    readonly role: 'watch' | 'control';
  }) => void;
  readonly size: (size: { readonly width: number; readonly height: number }) => void;
  readonly notified: <M extends 'control' | 'clipboard' | 'refused'>(
    method: M,
    data: ServerNotifications[M],
  ) => void;
}

const RECONNECT_MS = [0, 200, 500, 1_000, 2_000, 4_000] as const;
/** The farm keeps a viewer's place for two minutes after its connection ended. */
const GIVE_UP_MS = 120_000;

/**
 * A viewer's connection through all its lives: join by token, media, and after a cut again by the resume secret, until
 * the farm says that it is over or two minutes have passed. Owns signal and media; ends by `close`.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #abort = new AbortController();
  #signal: Signal | undefined;
  #media: Media | undefined;
  #resume: { viewer: string; resume: string } | undefined;
  #state: ConnectionState = 'connecting';

  constructor(options: ConnectionOptions) {
    this.#options = options;
    void this.#live();
    const changed = (): void => this.#networkChanged();
    addEventListener('online', changed, { signal: this.#abort.signal });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Sends one `ViewerInput`; lost silently while there is no connection, since a late touch is worthless. */
  send(bytes: Uint8Array<ArrayBuffer>, move: boolean): void {
    if (this.#media !== undefined) this.#media.send(bytes, move);
    else this.#signal?.input(bytes);
  }

  async stats(): Promise<RTCStatsReport | undefined> {
    return this.#media?.stats();
  }

  /** May be called twice. */
  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#media?.close();
    this.#signal?.close();
    this.#enter('ended', 'closed');
  }

  async #live(): Promise<void> {
    let cutAt: number | undefined;
    for (let attempt = 0; !this.#abort.signal.aborted; attempt++) {
      const wait = RECONNECT_MS[Math.min(attempt, RECONNECT_MS.length - 1)] ?? 4_000;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (this.#abort.signal.aborted) return;
      const ended = Promise.withResolvers<{ code: string; message: string; retry: boolean }>();
      try {
        await this.#once(ended.resolve);
        attempt = 0;
        cutAt = undefined;
      } catch (error) {
        const { code, message } =
          error instanceof SignalError
            ? error
            : { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
        this.#drop();
        if (isFinal(code) || (cutAt !== undefined && Date.now() - cutAt > GIVE_UP_MS))
          return this.#enter('ended', message);
        cutAt ??= Date.now();
        this.#enter('reconnecting', message);
        continue;
      }
      const reason = await ended.promise;
      this.#drop();
      if (this.#abort.signal.aborted) return;
      if (!reason.retry) return this.#enter('ended', reason.message);
      cutAt = Date.now();
      this.#enter('reconnecting', reason.message);
    }
  }

  /** One life: resolves when the picture's way is set up; `ended` is called when it is over. */
  async #once(ended: (reason: { code: string; message: string; retry: boolean }) => void): Promise<void> {
    const signal = await Signal.connect(
      this.#options.url,
      {
        notified: (method, data) => this.#notified(method, data),
        closed: ended,
      },
      this.#abort.signal,
    );
    this.#signal = signal;
    const joined = await signal.request('join', this.#resume ?? { token: this.#options.token });
    this.#resume = { viewer: joined.viewer, resume: joined.resume };
    this.#options.joined(joined);
    if (joined.width > 0) this.#options.size(joined);
    this.#media = await Media.create(signal, {
      rtpCapabilities: joined.rtpCapabilities,
      iceServers: joined.iceServers.map(({ urls, username, credential }) => ({
        urls: [...urls],
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      })),
      input: joined.role === 'control',
      track: this.#options.track,
      failed: (why) => ended({ code: 'UNAVAILABLE', message: why, retry: true }),
    });
    this.#enter('live', '');
  }

  #notified<M extends keyof ServerNotifications>(method: M, data: ServerNotifications[M]): void {
    switch (method) {
      case 'control':
      case 'clipboard':
      case 'refused':
        return this.#options.notified(method, data as never);
      case 'size':
        return this.#options.size(data as ServerNotifications['size']);
      case 'streamReplaced':
        this.#media?.consume().catch(() => this.#signal?.close());
        return;
      case 'streamState': {
        const { state, reason } = data as ServerNotifications['streamState'];
        return this.#enter(state, reason);
      }
      default:
    }
  }

  /** The path may be dead though nothing has said so yet: ask for a new one at once. */
  #networkChanged(): void {
    this.#media?.restartIce().catch(() => undefined);
  }

  #drop(): void {
    this.#media?.close();
    this.#media = undefined;
    this.#signal?.close();
    this.#signal = undefined;
  }

  #enter(state: ConnectionState, why: string): void {
    if (this.#state === 'ended') return;
    this.#state = state;
    this.#options.state(state, why);
  }
}

/** Errors that no second attempt cures. */
function isFinal(code: string): boolean {
  return /^(TOKEN_|UNAUTHENTICATED|FORBIDDEN|ORIGIN_REFUSED|PHONE_NOT_FOUND|INVALID_ARGUMENT|MESSAGE_)/.test(
    code,
  );
}
