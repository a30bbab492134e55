import type { Clock, Log } from '@ancloud/kit';
import type { DeviceMessage, ScrcpyVersion } from '@ancloud/scrcpy-wire';
import { controlServer } from '../core/stream-options.js';
import { ControlChannel } from './control-channel.js';
import { type Display, readDisplay } from './display.js';
import { newScid } from './media-server.js';
import type { PhoneLink } from './phone-link.js';
import { startScrcpyServer } from './scrcpy-server.js';
import type { ScrcpyServer } from './scrcpy-server.js';
import type { ServerJar } from './server-jar.js';
import type { SessionMetrics } from './session-metrics.js';

export interface ControlServerOptions {
  readonly link: PhoneLink;
  readonly jar: ServerJar;
  readonly version: ScrcpyVersion;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
  /** Gives up a start that is under way. */
  readonly signal: AbortSignal;
  /** Called in stream order. */
  readonly onMessage: (message: DeviceMessage) => void;
}

/** The scrcpy server without picture and sound that runs as long as its phone is attached, and its one channel. */
export class ControlServer {
  readonly channel: ControlChannel;
  /** As it was at the start; undefined when the phone did not say. */
  readonly display: Display | undefined;
  /** Resolves with why, when the server or its socket has ended; also after close(). */
  readonly lost: Promise<string>;
  readonly #server: ScrcpyServer;

  /** Errors: those of startScrcpyServer; whatever aborted `signal`. */
  static async start(options: ControlServerOptions): Promise<ControlServer> {
    const { link, jar, version, signal } = options;
    const [jarPath, display] = await Promise.all([jar.ensure(link, signal), readDisplay(link, signal)]);
    const server = await startScrcpyServer({
      link,
      jarPath,
      version,
      options: controlServer(newScid()),
      signal,
    });
    return new ControlServer(options, server, display);
  }

  private constructor(options: ControlServerOptions, server: ScrcpyServer, display: Display | undefined) {
    const { version, clock, log, metrics, onMessage } = options;
    const lost = Promise.withResolvers<string>();
    this.#server = server;
    this.display = display;
    this.lost = lost.promise;
    this.channel = new ControlChannel({
      socket: server.control,
      version,
      clock,
      log,
      metrics,
      onMessage,
      onLost: lost.resolve,
    });
    void server.exited.then(lost.resolve);
  }

  get deviceName(): string {
    return this.#server.deviceName;
  }

  /** Ends both. May be called twice. */
  close(): void {
    this.channel.close();
    this.#server.close();
  }
}
