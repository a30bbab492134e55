import { asAppError } from '@ancloud/kit';
import type { AccessUnit } from '@ancloud/rtp';
import { avcConfigOf, sameConfig } from '../core/avc-config.js';
import type { Stream } from '../streams/stream.js';
import { Copy } from './copy.js';
import type { LinkEvents, PushLink } from './push-link.js';
import { Tap } from './tap.js';

/** What an outlet tells its link. */
export interface OutletEvents {
  /** Pictures that have gone out by it so far, by whichever of its ffmpegs. */
  readonly sent: (frames: number) => void;
  /** Called once: nothing goes out by it any more. */
  readonly failed: (reason: string) => void;
}

/** What becomes of what a link's ffmpegs write to their standard output, one after the other. Owned by the link. */
export interface Outlet {
  /** Another ffmpeg's, from its first byte; the one before has ended. */
  begin(): (chunk: Buffer) => void;
  /** The last ffmpeg has ended. `forGood`: no other connection follows. */
  close(forGood: boolean): void;
}

/** One ffmpeg to a destination. */
export interface Way {
  readonly argv: readonly string[];
  /** What it speaks through, released when it has ended or never began. */
  readonly close?: () => void;
}

export interface CopyLinkOptions {
  /** The push's: its tap is listed by it. */
  readonly id: string;
  readonly openStream: () => Promise<Stream>;
  /**
   * For one connection: where the destination's name leads now, and whether that is allowed, is found out for each. Errors:
   * DESTINATION_REFUSED, UNAVAILABLE.
   */
  readonly way: () => Promise<Way>;
  readonly outlet: (events: OutletEvents) => Outlet;
  /** A key frame is wished for so long after the one before; by default none is. */
  readonly keyFrameEachMs?: number;
  /** Takes the destination's secrets out of what ffmpeg says. */
  readonly scrub: (text: string) => string;
  readonly events: LinkEvents;
}

/**
 * A phone's stream on its way to one server by ffmpeg: a tap, and an ffmpeg, another one when the picture's size changes, since servers take
 * one size a connection; never two at a time.
 */
export class CopyLink implements PushLink {
  readonly #options: CopyLinkOptions;
  readonly #outlet: Outlet;
  #tap: Tap | undefined;
  #copy: Copy | undefined;
  /** The last one that was let go. */
  #ending: Promise<unknown> = Promise.resolve();
  /** For the next ffmpeg; undefined while none is wanted or it is not known yet. */
  #way: Way | undefined;
  #audio = false;
  #wish: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: CopyLinkOptions) {
    this.#options = options;
    this.#outlet = options.outlet({
      sent: (frames) => {
        if (!this.#closed) options.events.sent(frames);
      },
      failed: (reason) => this.#end(reason),
    });
  }

  begin(): void {
    this.#connect().catch((error: unknown) => this.#end(asAppError(error).message));
  }

  close(forGood: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#wish);
    this.#tap?.leave();
    this.#letGo();
    this.#disconnect();
    void this.#ending.then(() => this.#outlet.close(forGood));
  }

  /** The end of the one before, the address, then the stream; ffmpeg begins with the next key frame. */
  async #connect(): Promise<void> {
    const { id, way, openStream } = this.#options;
    await this.#ending;
    this.#way = await way();
    if (this.#closed) return this.#letGo();
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
    if (unit.keyFrame) {
      this.#wishLater();
      if (this.#changes(unit)) {
        this.#disconnect();
        this.begin();
      }
      if (this.#copy === undefined) this.#start(unit);
    }
    const refusal = this.#copy?.picture(unit, performance.now());
    if (refusal !== undefined)
      this.#end(
        refusal === 'slow' ? 'the destination does not take what is sent' : "the phone's clock leapt",
      );
  }

  #wishLater(): void {
    const { keyFrameEachMs } = this.#options;
    clearTimeout(this.#wish);
    if (keyFrameEachMs !== undefined && !this.#closed)
      this.#wish = setTimeout(() => this.#tap?.wantKeyFrame(), keyFrameEachMs);
  }

  #changes(unit: AccessUnit): boolean {
    const copy = this.#copy;
    if (copy === undefined) return false;
    const config = avcConfigOf(unit);
    return (config !== undefined && !sameConfig(config, copy.config)) || copy.audio !== this.#audio;
  }

  #start(unit: AccessUnit): void {
    const way = this.#way;
    const config = avcConfigOf(unit);
    if (way === undefined || config === undefined) return;
    this.#way = undefined;
    const copy = new Copy({ argv: way.argv, config, audio: this.#audio, stdout: this.#outlet.begin() });
    this.#copy = copy;
    this.#options.events.began();
    void copy.ended.then(({ how }) => this.#ended(copy, way, how));
  }

  #ended(copy: Copy, way: Way, how: string): void {
    way.close?.();
    if (copy === this.#copy) this.#end(this.#options.scrub(how));
  }

  /** The way that no ffmpeg has taken. */
  #letGo(): void {
    this.#way?.close?.();
    this.#way = undefined;
  }

  #disconnect(): void {
    const copy = this.#copy;
    this.#copy = undefined;
    if (copy !== undefined) this.#ending = copy.close();
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.close(false);
    this.#options.events.ended(reason);
  }
}
