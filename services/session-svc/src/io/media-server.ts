import { randomInt } from 'node:crypto';
import type { AdbStream } from '@ancloud/adb';
import type { Clock, Log, Size } from '@ancloud/kit';
import { PtsClock, sizeFromConfig } from '@ancloud/rtp';
import { createMediaParser, mediaDialect, ScrcpyError } from '@ancloud/scrcpy-wire';
import type {
  ControlMessage,
  DeviceMessage,
  MediaKind,
  MediaPacket,
  ScrcpyVersion,
} from '@ancloud/scrcpy-wire';
import { mediaServer } from '../core/stream-options.js';
import type { EncoderOptions } from '../core/stream-options.js';
import { ControlChannel } from './control-channel.js';
import type { HostClock } from './host-clock.js';
import type { PhoneLink } from './phone-link.js';
import { startScrcpyServer } from './scrcpy-server.js';
import type { ScrcpyServer } from './scrcpy-server.js';
import type { SessionMetrics } from './session-metrics.js';

/** 31 random bits: no leftover of a killed session-svc and no other server of the phone has the same. */
export function newScid(): number {
  return randomInt(1, 0x7fff_ffff);
}

/**
 * Where a server's media go: one call per packet in the turn in which it came, nothing awaited. Bytes are valid during the call only: who
 * keeps them copies them (AdbStream.deliverTo).
 */
export interface MediaEvents {
  size(size: Size): void;
  config(annexB: Uint8Array): void;
  picture(accessUnit: Uint8Array, keyFrame: boolean, hostUs: number): void;
  audio(packet: Uint8Array, hostUs: number): void;
  device(message: DeviceMessage): void;
  /** Once, when the server has ended other than by close(). */
  lost(reason: string): void;
}

export interface MediaServerOptions {
  readonly link: PhoneLink;
  readonly jarPath: string;
  readonly version: ScrcpyVersion;
  readonly encoder: EncoderOptions;
  readonly audio: boolean;
  readonly clock: Clock;
  readonly hostClock: HostClock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
  readonly events: MediaEvents;
  readonly signal: AbortSignal;
}

/** A running video + audio server. Its control socket serves RESET_VIDEO and the question for the clipboard. */
export class MediaServer {
  readonly encoder: EncoderOptions;
  readonly #server: ScrcpyServer;
  readonly #control: ControlChannel;
  readonly #options: MediaServerOptions;
  /** One for both sockets: the phone stamps them by one clock, so lips stay right. */
  readonly #pts = new PtsClock();
  #size: Size | undefined;
  #audio = false;
  readonly #audioKnown = Promise.withResolvers<void>();
  #closed = false;

  /** Errors: SCRCPY_FAILED, ADB_*. No event comes before `start`. */
  static async create(options: MediaServerOptions): Promise<MediaServer> {
    const { link, jarPath, version, encoder, signal } = options;
    const server = await startScrcpyServer({
      link,
      jarPath,
      version,
      options: mediaServer(newScid(), encoder, options.audio),
      signal,
    });
    return new MediaServer(server, options);
  }

  private constructor(server: ScrcpyServer, options: MediaServerOptions) {
    this.encoder = options.encoder;
    this.#server = server;
    this.#options = options;
    const { version, clock, log, metrics, events } = options;
    // Reading begins here, but a device message answers only what was sent.
    this.#control = new ControlChannel({
      socket: server.control,
      version,
      clock,
      log,
      metrics,
      onMessage: (message) => events.device(message),
      onLost: (reason) => this.#lost(reason),
    });
  }

  /** Lets the media flow into `events`. To be called once. */
  start(): void {
    const { video, audio, exited } = this.#server;
    if (audio !== undefined) this.#pump(audio, 'audio');
    else this.#soundIs(false);
    if (video !== undefined) this.#pump(video, 'video');
    void exited.then((how) => this.#lost(how));
  }

  /** Size of the newest session; undefined before the first. */
  get size(): Size | undefined {
    return this.#size;
  }

  /** The phone has said that it sends sound. */
  get hasAudio(): boolean {
    return this.#audio;
  }

  /** Resolves when the phone has said whether it sends sound. */
  get audioKnown(): Promise<void> {
    return this.#audioKnown.promise;
  }

  send(message: ControlMessage): void {
    this.#control.send([message]);
  }

  get queued(): number {
    return this.#control.queued;
  }

  /** Ends the server; nothing is told. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#audioKnown.resolve();
    this.#control.close();
    this.#server.close();
  }

  /** Feeds one media socket to its parser, chunk by chunk as the kernel gives them. */
  #pump(socket: AdbStream, kind: MediaKind): void {
    const parser = createMediaParser({
      dialect: mediaDialect(this.#options.version),
      kind,
      sink: {
        codec: (codec) => {
          if (kind === 'audio') this.#soundIs(true);
          if (codec !== 'h264' && codec !== 'opus')
            throw new ScrcpyError(
              'SCRCPY_CODEC_UNKNOWN',
              `the phone sends ${codec}; h264 and opus were asked for`,
            );
        },
        session: ({ width, height }) => this.#resized({ width, height }),
        packet: (packet) => {
          if (kind === 'video') this.#video(packet);
          else if (!packet.config) this.#sound(packet);
        },
      },
    });
    const take = (chunk: Uint8Array): void => {
      if (this.#closed) return;
      try {
        parser.push(chunk);
      } catch (error) {
        this.#unreadable(socket, kind, error);
      }
    };
    if (socket.deliverTo === undefined) {
      socket.on('data', take);
      // The preamble was read from the first socket, which was paused behind it.
      socket.resume();
    } else socket.deliverTo(take);
    const ended = (): void => {
      // A phone that cannot capture sound closes that socket and goes on with the picture.
      if (kind === 'video') this.#lost('the phone closed the video socket');
      else this.#soundIs(false);
    };
    if (socket.destroyed) queueMicrotask(ended);
    else socket.once('close', ended);
  }

  #video({ config, keyFrame, ptsUs, data }: MediaPacket): void {
    const { events, hostClock, metrics } = this.#options;
    if (config) {
      const size = sizeFromConfig(data);
      // 4.x tells the size itself, cropping included; before, only the SPS knows of a rotation.
      if (size !== undefined && mediaDialect(this.#options.version) === 'v3') this.#resized(size);
      events.config(data);
      return;
    }
    metrics.pictures[keyFrame ? 'key' : 'delta'] += 1;
    events.picture(data, keyFrame, this.#pts.toHostUs(ptsUs, hostClock.monotonicUs()));
  }

  #sound({ ptsUs, data }: MediaPacket): void {
    const { events, hostClock } = this.#options;
    events.audio(data, this.#pts.toHostUs(ptsUs, hostClock.monotonicUs()));
  }

  #soundIs(on: boolean): void {
    this.#audio = on;
    this.#audioKnown.resolve();
  }

  #resized(size: Size): void {
    if (this.#size?.width === size.width && this.#size.height === size.height) return;
    this.#size = size;
    this.#options.events.size(size);
  }

  #unreadable(socket: AdbStream, kind: MediaKind, error: unknown): void {
    const disabled = error instanceof ScrcpyError && error.code === 'SCRCPY_STREAM_DISABLED';
    if (kind === 'audio' && disabled) {
      this.#options.log.info('the phone cannot capture sound; going on without');
      socket.destroy();
      return;
    }
    this.#lost(error instanceof Error ? error.message : `unreadable ${kind}`);
  }

  #lost(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#options.events.lost(reason);
  }
}
