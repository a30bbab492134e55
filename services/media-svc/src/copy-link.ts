import { asAppError } from '@ancloud/kit';
import type { AccessUnit } from '@ancloud/rtp';
import { Copy } from './copy.js';
import { avcConfigOf, sameConfig } from './core/avc-config.js';
import { framesSent } from './core/ffmpeg-argv.js';
import type { LinkEvents, PushLink } from './push-link.js';
import type { Stream } from './stream.js';
import { Tap } from './tap.js';

export interface CopyLinkOptions {
  /** The push's: its tap is listed by it. */
  readonly id: string;
  readonly openStream: () => Promise<Stream>;
  /**
   * ffmpeg's command line for one connection: where the destination's name leads now, and whether that is allowed, is found out
   * for each. Errors: DESTINATION_REFUSED, UNAVAILABLE.
   */
  readonly argv: () => Promise<readonly string[]>;
  /** Takes the destination's secrets out of what ffmpeg says. */
  readonly scrub: (text: string) => string;
  readonly events: LinkEvents;
}

/**
 * A phone's stream on its way to one server by ffmpeg: a tap, and an ffmpeg, another one when the picture's size changes, since servers take
 * one size a connection.
 */
export class CopyLink implements PushLink {
  readonly #options: CopyLinkOptions;
  #tap: Tap | undefined;
  #copy: Copy | undefined;
  /** For the next ffmpeg; undefined while none is wanted or it is not known yet. */
  #argv: readonly string[] | undefined;
  #audio = false;
  /** Of ffmpegs before this one. */
  #framesBefore = 0;
  #frames = 0;
  #closed = false;

  constructor(options: CopyLinkOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#connect().catch((error: unknown) => this.#end(asAppError(error).message));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#tap?.leave();
    this.#disconnect();
  }

  /** The address, then the stream; ffmpeg begins with the next key frame. */
  async #connect(): Promise<void> {
    const { id, argv, openStream } = this.#options;
    this.#argv = await argv();
    if (this.#tap !== undefined) {
      this.#tap.wantKeyFrame();
      return;
    }
    const tap = await Tap.open(await openStream(), {
      id,
      tracks: ({ audio }) => (this.#audio = audio),
      picture: (unit) => this.#picture(unit),
      sound: (packet, timestamp) => this.#copy?.sound(packet, timestamp, performance.now()),
      lost: () => {},
      ended: (reason) => this.#end(reason),
    });
    if (this.#closed) tap.leave();
    else this.#tap = tap;
  }

  #picture(unit: AccessUnit): void {
    if (unit.keyFrame && this.#changes(unit)) {
      this.#disconnect();
      this.begin();
    }
    if (this.#copy === undefined && unit.keyFrame) this.#start(unit);
    const refusal = this.#copy?.picture(unit, performance.now());
    if (refusal !== undefined)
      this.#end(
        refusal === 'slow' ? 'the destination does not take what is sent' : "the phone's clock leapt",
      );
  }

  #changes(unit: AccessUnit): boolean {
    const copy = this.#copy;
    if (copy === undefined) return false;
    const config = avcConfigOf(unit);
    return (config !== undefined && !sameConfig(config, copy.config)) || copy.audio !== this.#audio;
  }

  #start(unit: AccessUnit): void {
    const argv = this.#argv;
    const config = avcConfigOf(unit);
    if (argv === undefined || config === undefined) return;
    this.#argv = undefined;
    const copy: Copy = new Copy({
      argv,
      config,
      audio: this.#audio,
      stdout: (text) => {
        if (copy === this.#copy) this.#progress(framesSent(text) ?? 0);
      },
    });
    this.#copy = copy;
    this.#options.events.began();
    void copy.ended.then(({ how }) =>
      copy === this.#copy ? this.#end(this.#options.scrub(how)) : undefined,
    );
  }

  #progress(frames: number): void {
    if (frames === 0) return;
    this.#frames = frames;
    this.#options.events.sent(this.#framesBefore + frames);
  }

  #disconnect(): void {
    const copy = this.#copy;
    this.#copy = undefined;
    this.#framesBefore += this.#frames;
    this.#frames = 0;
    void copy?.close();
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#options.events.ended(reason);
  }
}
