import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import {
  createControlParser,
  encodeDisabledStream,
  encodePacketHeader,
  encodePreamble,
  encodeSessionPacket,
  encodeStreamHeader,
  mediaDialect,
  parseScrcpyVersion,
  serializeDeviceMessage,
  TouchAction,
} from '@ancloud/scrcpy-wire';
import type { ControlMessage, DeviceMessage, MediaDialect, ScrcpyVersion, Size } from '@ancloud/scrcpy-wire';
import { SyntheticH264 } from './synthetic-h264.js';

/** The sockets of one server process, in the order in which it accepts them. */
export type FakeSocket = 'video' | 'audio' | 'control';

export interface FakePhoneOptions {
  /** scrcpy server version; decides the dialect. Default 4.1. */
  readonly version?: string;
  /** Where to listen: `{ path }` or `{ port, host }`. Default a free port of 127.0.0.1. */
  readonly listen?: ListenOptions;
  /** Which sockets to serve; default all three. */
  readonly sockets?: readonly FakeSocket[];
  /** Default `Fake phone`. */
  readonly deviceName?: string;
  /** Default true both, as with tunnel_forward. */
  readonly dummyByte?: boolean;
  readonly deviceMeta?: boolean;
  /** Default 720×1280. */
  readonly size?: Size;
  /** Default `opus`; else the audio stream says that it is disabled, or broken. */
  readonly audio?: 'opus' | 'unavailable' | 'error';
}

/** What `codec-private` data Opus has: OpusHead of 48 kHz stereo, pre-skip 312 (RFC 7845 §5.1). */
const OPUS_HEAD = Buffer.from('4f7075734865616401023801 80bb0000 0000 00'.replaceAll(' ', ''), 'hex');
/** 20 ms of silence: CELT, full band, stereo. */
const OPUS_SILENCE = Uint8Array.of(0xfc, 0xff, 0xfe);
const ORDER: readonly FakeSocket[] = ['video', 'audio', 'control'];
const FRAME_US = 33_333;

/**
 * One scrcpy server process as a client meets it: a listener that takes one set of sockets (video, audio, control) and
 * then closes, preamble on the first, a synthetic H.264 picture that changes when told, Opus silence, and every control
 * message recorded. RESET_VIDEO restarts the encoder; an unknown control message ends the control channel; touches of
 * another size than the picture's are dropped (a server without video takes any); a finger is freed by Up alone. As
 * the real one.
 */
export class FakePhone {
  readonly version: ScrcpyVersion;
  /** Every control message, in order of arrival. */
  readonly controls: ControlMessage[] = [];
  /** Fingers down, as the server would see them: only touches of the right size count, and Cancel frees none. */
  readonly fingers = new Set<bigint>();
  /** Touches dropped because their size is not the picture's. */
  dropped = 0;
  /** What was wrong with the control channel, when it was ended for that. */
  controlError: unknown;
  /** Called with each control message, after it was recorded. */
  onControl: (message: ControlMessage) => void = () => undefined;

  readonly #server: Server;
  readonly #dialect: MediaDialect;
  readonly #options: FakePhoneOptions;
  readonly #wanted: readonly FakeSocket[];
  readonly #sockets = new Map<FakeSocket, Socket>();
  #encoder: SyntheticH264;
  #ptsUs = 1_000_000;
  #audioPtsUs = 1_000_000;
  #luma = 16;
  #timer: NodeJS.Timeout | undefined;

  private constructor(server: Server, options: FakePhoneOptions) {
    this.version = parseScrcpyVersion(options.version ?? '4.1');
    this.#server = server;
    this.#dialect = mediaDialect(this.version);
    this.#options = options;
    this.#wanted = ORDER.filter((name) => (options.sockets ?? ORDER).includes(name));
    this.#encoder = new SyntheticH264(options.size?.width ?? 720, options.size?.height ?? 1280);
  }

  static async start(options: FakePhoneOptions = {}): Promise<FakePhone> {
    const server = createServer({ noDelay: true });
    const phone = new FakePhone(server, options);
    server.on('connection', (socket) => phone.#accept(socket));
    server.listen(options.listen ?? { port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    return phone;
  }

  /** The listener's TCP port. */
  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('this fake phone has no TCP port');
    return address.port;
  }

  /** The picture's size now. */
  get size(): Size {
    return { width: this.#encoder.width, height: this.#encoder.height };
  }

  /** Sockets that are open now. */
  get connected(): readonly FakeSocket[] {
    return [...this.#sockets.keys()];
  }

  /**
   * Sends a frame. `luma` (1-255) is its colour, absent = one that differs from the last; `still` = the same picture
   * again. @returns its pts, µs: given, or 33,333 after the last. Nothing is sent without a video socket.
   */
  sendFrame(frame: { luma?: number; still?: boolean; keyFrame?: boolean; ptsUs?: number } = {}): number {
    this.#ptsUs = frame.ptsUs ?? this.#ptsUs + FRAME_US;
    if (frame.still !== true) this.#luma = frame.luma ?? (this.#luma % 255) + 1;
    const keyFrame = frame.keyFrame === true;
    const data = keyFrame
      ? this.#encoder.idr(this.#luma)
      : this.#encoder.next(frame.still === true ? undefined : this.#luma);
    this.#packet('video', data, { keyFrame, ptsUs: this.#ptsUs });
    return this.#ptsUs;
  }

  /** Restarts the encoder as a rotation or RESET_VIDEO does: session (4.x), config, key frame. */
  restartVideo(size: Size = this.size, clientResize = false): void {
    this.#encoder = new SyntheticH264(size.width, size.height);
    if (this.#dialect === 'v4') this.#write('video', encodeSessionPacket(size, clientResize));
    this.#packet('video', this.#encoder.config(), { config: true, ptsUs: 0 });
    this.sendFrame({ keyFrame: true, still: true });
  }

  /** Sends frames by the real clock until the returned function or close() is called. */
  play(framesPerSecond: number): () => void {
    clearInterval(this.#timer);
    const started = performance.now() * 1000;
    const first = this.#ptsUs;
    this.#timer = setInterval(
      () => this.sendFrame({ ptsUs: Math.round(first + performance.now() * 1000 - started) }),
      1000 / framesPerSecond,
    );
    return () => clearInterval(this.#timer);
  }

  /** Sends 20 ms of silence. @returns its pts, µs: given, or 20,000 after the last. */
  sendAudio(ptsUs: number = this.#audioPtsUs + 20_000): number {
    this.#audioPtsUs = ptsUs;
    this.#packet('audio', OPUS_SILENCE, { ptsUs });
    return ptsUs;
  }

  /** Says something on the control socket. */
  sendDevice(message: DeviceMessage): void {
    this.#write('control', serializeDeviceMessage(message));
  }

  /** Raw bytes on a socket, for what no server would send. */
  sendRaw(name: FakeSocket, bytes: Uint8Array): void {
    this.#write(name, bytes);
  }

  /** Ends one socket from the phone's side. */
  drop(name: FakeSocket): void {
    this.#sockets.get(name)?.destroy();
  }

  /** The server process dies: listener and sockets go. May be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const sockets = [...this.#sockets.values()];
    const closed = sockets.map((socket) => once(socket, 'close'));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    const name = this.#wanted.find((wanted) => !this.#seen.has(wanted));
    if (name === undefined) return void socket.destroy();
    const first = this.#seen.size === 0;
    this.#seen.add(name);
    this.#sockets.set(name, socket);
    // A client that goes away is no error of the phone.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(name));
    const { dummyByte = true, deviceMeta = true, deviceName = 'Fake phone' } = this.#options;
    // The byte at once, so the client sees that it reached the server; the rest when the set is complete, as the real.
    if (first && dummyByte) socket.write(Uint8Array.of(0));
    if (name === 'control') this.#listenToControls(socket);
    else socket.resume();
    if (this.#seen.size < this.#wanted.length) return undefined;
    if (deviceMeta)
      this.#write(this.#wanted[0]!, encodePreamble({ dummyByte: false, deviceMeta }, deviceName));
    this.#server.close();
    this.#startAudio();
    if (this.#wanted.includes('video')) {
      this.#write('video', encodeStreamHeader(this.#dialect, 'h264', this.size));
      this.restartVideo();
    }
    return undefined;
  }

  readonly #seen = new Set<FakeSocket>();

  #startAudio(): void {
    const { audio = 'opus' } = this.#options;
    if (!this.#wanted.includes('audio')) return;
    if (audio !== 'opus') {
      this.#write('audio', encodeDisabledStream(audio));
      return;
    }
    this.#write('audio', encodeStreamHeader(this.#dialect, 'opus'));
    this.#packet('audio', OPUS_HEAD, { config: true, ptsUs: 0 });
  }

  #listenToControls(socket: Socket): void {
    const parser = createControlParser({
      version: this.version,
      onMessage: (message) => this.#control(message),
    });
    socket.on('data', (chunk) => {
      try {
        parser.push(chunk);
      } catch (error) {
        this.controlError = error;
        socket.destroy();
      }
    });
  }

  #control(message: ControlMessage): void {
    this.controls.push(message);
    if (message.kind === 'resetVideo') this.restartVideo();
    else if (message.kind === 'resizeDisplay')
      this.restartVideo({ width: message.width & ~1, height: message.height & ~1 }, true);
    else if (message.kind === 'rotateDevice')
      this.restartVideo({ width: this.size.height, height: this.size.width });
    else if (message.kind === 'setClipboard' && message.sequence !== 0n)
      this.sendDevice({ kind: 'ackClipboard', sequence: message.sequence });
    else if (message.kind === 'injectTouch') {
      // Without video there is no size to compare with: coordinates are the display's own
      // (Controller.getEventPointAndDisplayId).
      const { width, height } = this.#wanted.includes('video') ? this.size : message;
      if (message.width !== width || message.height !== height) this.dropped += 1;
      else if (message.action === TouchAction.Up) this.fingers.delete(message.pointerId);
      // A late move after the up makes a phantom finger: Controller.injectTouch adds any pointer it does not know.
      else if (message.action !== TouchAction.Cancel && message.action !== TouchAction.HoverMove)
        this.fingers.add(message.pointerId);
    }
    this.onControl(message);
  }

  #packet(
    name: FakeSocket,
    data: Uint8Array,
    meta: { config?: boolean; keyFrame?: boolean; ptsUs: number },
  ): void {
    this.#write(name, encodePacketHeader(this.#dialect, { ...meta, size: data.length }));
    this.#write(name, data);
  }

  #write(name: FakeSocket, bytes: Uint8Array): void {
    const socket = this.#sockets.get(name);
    if (socket?.writable === true) socket.write(bytes);
  }
}
