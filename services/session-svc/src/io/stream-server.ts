import { AppError } from '@ancloud/kit';
import type { Clock, Timer } from '@ancloud/kit';
import type { EncoderOptions } from '../core/stream-options.js';
import { MediaServer } from './media-server.js';
import type { MediaServerOptions } from './media-server.js';
import type { PhoneLink } from './phone-link.js';

/** A server that has sent no key frame by then is of no use. */
const FIRST_PICTURE_MS = 15_000;
/** How long somebody waits to learn whether there is sound, once the picture is there. */
const SOUND_MS = 500;

export interface StreamServerOptions extends Omit<
  MediaServerOptions,
  'link' | 'jarPath' | 'signal' | 'events'
> {
  /** The link while there is one, with the jar in place. */
  readonly link: (signal: AbortSignal) => Promise<{ readonly link: PhoneLink; readonly jarPath: string }>;
}

/** What a server tells; nothing after `close`, but by a call that was under way. */
export interface StreamServerEvents extends Omit<MediaServerOptions['events'], 'config' | 'lost'> {
  /** `config` is newer now. */
  readonly config: () => void;
  readonly lost: (error: unknown) => void;
}

/**
 * One try to have video of the phone: from being asked for, over the wait for its first key frame, to its end. Owned by
 * the stream.
 */
export class StreamServer {
  readonly encoder: EncoderOptions;
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #deadline: Timer;
  #media: MediaServer | undefined;
  #config: Uint8Array | undefined;

  constructor(options: StreamServerOptions, events: StreamServerEvents) {
    this.encoder = options.encoder;
    this.#clock = options.clock;
    this.#deadline = options.clock.setTimeout(() => {
      events.lost(new AppError('STREAM_FAILED', `no key frame within ${FIRST_PICTURE_MS} ms`));
    }, FIRST_PICTURE_MS);
    this.#open(options, events).catch((error: unknown) => events.lost(error));
  }

  /** The server in the phone, once it runs. */
  get media(): MediaServer | undefined {
    return this.#media;
  }

  /** Newest codec configuration; a copy. */
  get config(): Uint8Array | undefined {
    return this.#config;
  }

  get closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Its first key frame is there: it is not waited for any more. */
  pictured(): void {
    this.#deadline.cancel();
  }

  /** Resolves when the phone has said whether it sends sound, or takes too long to. */
  async soundKnown(): Promise<void> {
    if (this.#media === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.setTimeout(late.resolve, SOUND_MS);
    await Promise.race([this.#media.audioKnown, late.promise]);
    timer.cancel();
  }

  /** May be called twice. */
  close(): void {
    this.#abort.abort();
    this.#deadline.cancel();
    this.#media?.close();
  }

  async #open(options: StreamServerOptions, events: StreamServerEvents): Promise<void> {
    const { signal } = this.#abort;
    const media = await MediaServer.create({
      ...options,
      ...(await options.link(signal)),
      signal,
      events: {
        ...events,
        config: (annexB) => {
          // Not slice(): on a Buffer that is a view.
          this.#config = new Uint8Array(annexB);
          events.config();
        },
        lost: (reason) => events.lost(new AppError('STREAM_FAILED', reason)),
      },
    });
    if (signal.aborted) media.close();
    else {
      this.#media = media;
      media.start();
    }
  }
}
