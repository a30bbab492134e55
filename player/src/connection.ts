import type { ClientNotifications, Quality, ServerNotifications } from '@ancloud/contracts/viewer';
import type { Step } from './arrival.js';
import { prepareDevice } from './device.js';
import { Dialler } from './dialler.js';
import { endOf } from './end-of.js';
import type { Joined } from './events.js';
import { serversOf } from './ice-servers.js';
import { later } from './later.js';
import type { Heard, Sync } from './lips.js';
import { Media } from './media.js';
import { afterEnd, noTrouble } from './reconnect.js';
import { Reroute } from './reroute.js';
import { type End, Signal } from './signal.js';
import { wakes } from './wakes.js';

export type ConnectionState = 'connecting' | 'live' | 'waiting' | 'reconnecting' | 'ended';

export interface ConnectionOptions {
  /** `ws(s)://host/v1/signal`. */
  readonly url: string;
  /** Single use; after the first join the resume secret serves. */
  readonly token: string;
  /** A step towards the picture was taken, in whatever life. */
  readonly took: (step: Step) => void;
  readonly track: (track: MediaStreamTrack) => void;
  /** `code` is one of ancloud's stable codes, empty when there is nothing to explain. */
  readonly state: (state: ConnectionState, why: string, code: string) => void;
  readonly joined: (joined: Joined) => void;
  readonly size: (size: { readonly width: number; readonly height: number }) => void;
  /** Default `main`. */
  readonly quality?: Quality;
  /** How far the picture waits for the sound while the phone is heard. Default `near`. */
  readonly synchronous?: Sync;
  /** Another layer of the picture is shown now. */
  readonly layer?: (layer: ServerNotifications['layer']['layer']) => void;
  readonly notified: <M extends 'control' | 'clipboard' | 'refused' | 'gamepad' | 'lifted'>(
    method: M,
    data: ServerNotifications[M],
  ) => void;
}

/** What a connection needs of a browser beyond WebSocket. */
export interface ConnectionParts {
  /** Asks the browser beforehand for what media will need. */
  readonly prepare: () => void;
  readonly media: (...given: Parameters<typeof Media.create>) => Promise<MediaLike>;
  /** Calls `changed` whenever the network came back or the page came into view, until `signal` aborts. */
  readonly wakes: (changed: (what: 'network' | 'page') => void, signal: AbortSignal) => void;
}

export type MediaLike = { [K in keyof Media]: Media[K] };

/**
 * A viewer's connection through all its lives: join by token, media, and after a cut again by the resume secret, until
 * the farm says that it is over or has forgotten the viewer. Owns signal and media; ends by `close`.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #parts: ConnectionParts;
  readonly #abort = new AbortController();
  readonly #dialler: Dialler;
  readonly #reroute: Reroute;
  #signal: Signal | undefined;
  #media: MediaLike | undefined;
  #resume: { viewer: string; resume: string } | undefined;
  #state: ConnectionState = 'connecting';
  #sound = false;
  #quality: Quality;
  /** Its token was for the low layer alone: there is nothing to choose. */
  #pinned = false;
  #synchronous: Sync;
  /** What the farm sends was replaced while media were set up with what was before. */
  #replaced = false;
  /** Ends the pause before the next attempt. */
  #hurry: () => void = () => undefined;

  constructor(options: ConnectionOptions, parts: ConnectionParts = browser) {
    this.#options = options;
    this.#quality = options.quality ?? 'main';
    this.#synchronous = options.synchronous ?? 'near';
    this.#parts = parts;
    this.#dialler = new Dialler(options.url);
    this.#reroute = new Reroute(this.#dialler, () => ({ signal: this.#signal, media: this.#media }));
    parts.wakes((what) => this.#woken(what), this.#abort.signal);
    void this.#live();
    // Behind the beginning of the connection: it keeps the page busy while the network works.
    parts.prepare();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Sends one `ViewerInput`; lost silently while there is no connection, since a late touch is worthless. */
  send(bytes: Uint8Array<ArrayBuffer>, move: boolean): void {
    if (this.#media !== undefined) this.#media.send(bytes, move);
    else this.#signal?.input(bytes);
  }

  /** Tells the farm how the picture was; lost while there is no connection. */
  report(experience: ClientNotifications['experience']): void {
    this.#signal?.notify('experience', experience);
  }

  async stats(): Promise<RTCStatsReport | undefined> {
    return this.#media?.stats();
  }

  /** Whether the phone's own keyboard is on its screen; null when it does not say. Rejects with SignalError. */
  async keyboardShown(): Promise<boolean | null> {
    return (await this.#signal?.request('keyboard', {}))?.shown ?? null;
  }

  /** What the clock of the phone's host says, ms. Rejects with SignalError. */
  heard(): Heard | undefined {
    return this.#media?.heard();
  }

  async hostMs(): Promise<number | undefined> {
    return (await this.#signal?.request('clock', {}))?.hostMs;
  }

  /** Whether the phone is to be heard, now and after each reconnect. */
  sound(on: boolean): void {
    this.#sound = on;
    this.#media?.sound(on).catch(() => undefined);
  }

  /** Which picture is wanted, now and after each reconnect. */
  quality(want: Quality): void {
    if (want === this.#quality) return;
    this.#quality = want;
    // While media are set up it is asked for behind them.
    if (this.#media !== undefined && !this.#pinned) this.#askQuality();
  }

  /** How far the picture waits for the sound that is heard, now and after each reconnect. */
  synchronous(sync: Sync): void {
    this.#synchronous = sync;
    this.#media?.synchronous(sync);
  }

  /** May be called twice. */
  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#dialler.drop();
    this.#media?.close();
    this.#signal?.leave();
    this.#hurry();
    this.#enter('ended', '', '');
  }

  async #live(): Promise<void> {
    let trouble = noTrouble;
    while (!this.#abort.signal.aborted) {
      const { end, livedMs } = await this.#life();
      this.#media?.close();
      this.#media = undefined;
      // Without a goodbye: the farm would forget the viewer that is about to come again.
      this.#signal?.cut(end.message);
      this.#signal = undefined;
      if (this.#abort.signal.aborted) return;
      const next = afterEnd(trouble, { ...end, livedMs, now: performance.now() });
      if (next.giveUp) return this.#enter('ended', end.message, end.code);
      trouble = next.trouble;
      this.#enter('reconnecting', end.message, end.code);
      if (next.waitMs > 0) await this.#pause(next.waitMs);
    }
  }

  /** One connection from its beginning to its end; never rejects. */
  async #life(): Promise<{ end: End; livedMs: number }> {
    const over = later<End>();
    try {
      await this.#setUp(over.resolve);
    } catch (error) {
      return { end: endOf(error), livedMs: 0 };
    }
    const began = performance.now();
    const end = await over.promise;
    return { end, livedMs: performance.now() - began };
  }

  /** Resolves when the picture's way is set up; `over` is called when it ends after that. */
  async #setUp(over: (end: End) => void): Promise<void> {
    const signal = new Signal(await this.#dialler.take(), {
      notified: (method, data) => this.#notified(method, data),
      closed: over,
    });
    this.#signal = signal;
    this.#options.took('connected');
    this.#replaced = false;
    const joined = await signal.request('join', {
      ...(this.#resume ?? { token: this.#options.token }),
      receive: true,
    });
    this.#options.took('joined');
    this.#resume = { viewer: joined.viewer, resume: joined.resume };
    this.#options.joined(joined);
    if (joined.width > 0) this.#options.size(joined);
    const media = await this.#parts.media(signal, {
      rtpCapabilities: joined.rtpCapabilities,
      transport: joined.transport,
      consumers: joined.consumers,
      iceServers: serversOf(joined.iceServers),
      input: joined.role !== 'watch',
      sound: this.#sound,
      synchronous: this.#synchronous,
      took: this.#options.took,
      track: this.#options.track,
      failed: ({ why, retry }) =>
        over({ code: retry ? 'UNAVAILABLE' : 'BROWSER_UNSUPPORTED', message: why, retry }),
      lost: () => this.#reroute.begin('silence'),
    });
    if (this.#abort.signal.aborted) return media.close();
    this.#media = media;
    this.#enter('live', '', '');
    if (this.#replaced) this.#consumeAgain();
    this.#pinned = joined.layer !== undefined;
    if (this.#pinned) this.#options.layer?.('low');
    else if (this.#quality !== 'main') this.#askQuality();
    // Said while media were set up with what was true before.
    media.synchronous(this.#synchronous);
  }

  /** A farm of another version may know none: then the picture stays as it is. */
  #askQuality(): void {
    this.#signal?.request('quality', { want: this.#quality }).catch(() => undefined);
  }

  #consumeAgain(): void {
    if (this.#media === undefined) this.#replaced = true;
    else this.#media.consume().catch(() => this.#signal?.cut('the new picture could not be had'));
  }

  #notified<M extends keyof ServerNotifications>(method: M, data: ServerNotifications[M]): void {
    switch (method) {
      case 'control':
      case 'clipboard':
      case 'refused':
      case 'gamepad':
      case 'lifted':
        return this.#options.notified(method, data as never);
      case 'size':
        return this.#options.size(data as ServerNotifications['size']);
      case 'streamReplaced':
        return this.#consumeAgain();
      case 'layer':
        return this.#swap(data as ServerNotifications['layer']);
      case 'layerDropped':
        return this.#media?.dropped(data as ServerNotifications['layerDropped']);
      case 'streamState': {
        const { state, reason } = data as ServerNotifications['streamState'];
        // Before its media stand a viewer is not live, whatever the stream is.
        if (this.#media !== undefined) this.#enter(state, reason, '');
        return;
      }
      default:
    }
  }

  #swap(offer: ServerNotifications['layer']): void {
    const shown = this.#media?.swap(offer);
    shown?.then(
      (done) => done && this.#options.layer?.(offer.layer),
      () => undefined,
    );
  }

  /** The path may be dead though nothing has said so yet; and nobody should wait for a timer that ran while hidden. */
  #woken(what: 'network' | 'page'): void {
    this.#hurry();
    if (what === 'network') this.#reroute.begin('network');
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #enter(state: ConnectionState, why: string, code: string): void {
    if (this.#state === 'ended') return;
    this.#state = state;
    this.#options.state(state, why, code);
  }
}

const browser: ConnectionParts = {
  prepare: prepareDevice,
  media: (signal, options) => Media.create(signal, options),
  wakes,
};
