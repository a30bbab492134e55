import type { LaneAnswer, Share } from '@ancloud/bus';
import { type ControlAck, ControlBatch } from '@ancloud/contracts/input/v1/input';
import { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { DeviceEvent } from '@ancloud/contracts/events/v1/events';
import { type Clock, type Log, type Size, translate } from '@ancloud/kit';
import type { DeviceMessage, ScrcpyVersion } from '@ancloud/scrcpy-wire';
import { ControlInput, type InputDrop, type InputResult } from '../core/control-input.js';
import { PhoneSizes } from '../core/phone-sizes.js';
import type { ControlChannel } from './control-channel.js';
import type { PadPipe } from './pad-pipe.js';
import type { SessionMetrics } from './session-metrics.js';
import type { TurnReadings } from './turn-readings.js';
import { TurnWatch } from './turn-watch.js';

/** Fingers and keys of a phone that nobody has mentioned for so long are lifted, whoever was to do it. */
export const FORGOTTEN_TOUCH_MS = 30_000;

export interface SessionInputOptions {
  readonly phoneId: string;
  readonly version: ScrcpyVersion;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
  /** Tells input-svc what the phone says. */
  readonly tell: (event: NonNullable<DeviceEvent['event']>) => void;
  /** Answers a batch that asked for it; by `answer` where there is one. */
  readonly acknowledge: (ack: ControlAck, answer?: LaneAnswer) => void;
  /** Asks another server for the clipboard; false when none would answer. */
  readonly askClipboard: () => boolean;
  /** The phone's gamepad, owned from now on; undefined when it has none. */
  readonly pad: PadPipe | undefined;
  readonly readings: TurnReadings;
  /** Pictures tell how the phone is turned. Hot. */
  readonly streaming: () => boolean;
  /** Reads the display's present size. */
  readonly present: () => Promise<Size | undefined>;
  /** A reading has changed `size`. */
  readonly onTurned: () => void;
}

/** Who is told of what input-svc says beside inputs. */
export interface InputListener {
  /** Nobody holds the controls under that fence any more, nor under an older one. */
  over(fence: number): void;
  /** All that went before the straight lane of that number has come. */
  straight(lane: number): void;
}

/**
 * What goes into one phone by its control socket, and what comes back. Outlives its channels: fence, sizes and the known
 * clipboard stay while the control server is made anew; fingers and keys do not. Owned by the session.
 */
export class SessionInput {
  readonly #options: SessionInputOptions;
  #channel: ControlChannel | undefined;
  /** Exists once the phone has told a size: before, no touch can be placed. */
  #input: ControlInput | undefined;
  readonly #sizes = new PhoneSizes();
  readonly #turn: TurnWatch;
  #clipboard: string | undefined;
  #lastBatchMs = 0;
  /** Highest fence seen; also known before the phone has told its size. */
  #fence = 0;
  #held = false;
  #listener: InputListener | undefined;

  constructor(options: SessionInputOptions) {
    this.#options = options;
    const { clock, readings, streaming, present, onTurned } = options;
    this.#turn = new TurnWatch({
      clock,
      readings,
      blind: () => this.#channel !== undefined && this.#input !== undefined && !this.#held && !streaming(),
      read: () => present().catch(() => undefined),
      found: (size) => {
        if (this.#sized(this.#sizes.displayed(size))) onTurned();
      },
    });
  }

  /** The picture's newest size; the display's own while no picture has come. */
  get size(): Size | undefined {
    return this.#sizes.video;
  }

  /** The highest that was seen. */
  get fence(): number {
    return this.#fence;
  }

  get queued(): number {
    return this.#channel?.queued ?? 0;
  }

  get hasGamepad(): boolean {
    return this.#options.pad !== undefined;
  }

  /** Of one listener. */
  listen(listener: InputListener): void {
    this.#listener = listener;
  }

  /** A control socket is there; whoever made it closes it. */
  opened(channel: ControlChannel): void {
    this.#channel = channel;
    this.#options.pad?.rest();
    this.#options.tell({ $case: 'controlReady', value: true });
  }

  /** It is gone, and with it what was held down. May be called twice. */
  lost(): void {
    this.#input?.forget();
    this.#options.pad?.rest();
    if (this.#channel === undefined) return;
    this.#channel = undefined;
    this.#turn.release();
    this.#options.tell({ $case: 'controlReady', value: false });
  }

  /** The connection into the phone is gone. */
  unlinked(): void {
    this.#options.pad?.lost();
  }

  /** The session ends. May be called twice. */
  close(): void {
    this.#turn.close();
    this.#options.pad?.close();
  }

  /** One message of input-svc, as it came. Hot: decoded, reconciled and on the socket before this returns. */
  control(bytes: Uint8Array): void {
    const { clock, metrics, log } = this.#options;
    const receivedMs = clock.monotonic();
    let batch: ControlBatch;
    try {
      batch = ControlBatch.decode(bytes);
    } catch (err) {
      metrics.inputDropped.inc({ reason: 'malformed' });
      log.debug({ err }, 'a control batch could not be read');
      return;
    }
    this.#apply(batch, receivedMs);
    if (batch.straight !== undefined) this.#listener?.straight(batch.straight);
    if (batch.over === true) this.#listener?.over(batch.fence);
  }

  /** Events that input-svc sent for many phones at once, under this one's fence; they are not changed. Hot, as `control`. */
  shared(events: ControlBatch['events'], { fence, ack }: Share, answer?: LaneAnswer): void {
    this.#apply({ fence, events, ack }, this.#options.clock.monotonic(), answer);
  }

  /**
   * One message of the viewer that holds the controls under `fence`, as it sent it. Hot. input-svc has a copy: it keeps the books and
   * tells the viewer what was wrong.
   */
  straight(fence: number, bytes: Uint8Array): void {
    const { clock, metrics } = this.#options;
    const receivedMs = clock.monotonic();
    let input: ViewerInput;
    try {
      input = ViewerInput.decode(bytes);
    } catch {
      return metrics.inputDropped.inc({ reason: 'malformed' });
    }
    this.#raise(fence);
    if (this.#turn.waits) this.#turn.wait(() => this.#said(fence, input, receivedMs));
    else this.#said(fence, input, receivedMs);
  }

  /** What is sent to a frozen phone is dropped, for late touches would do harm; fingers that were down are lifted when it goes on. */
  hold(held: boolean): void {
    this.#held = held;
    if (held) return this.#turn.release();
    if (this.#input !== undefined) this.#channel?.send(this.#input.lift());
    this.#options.pad?.rest();
  }

  /** Somebody else holds the controls, or nobody: what the one before left down is lifted, without waiting for the new one's touch. */
  holderChanged(fence: number, somebody: boolean): void {
    this.#raise(fence, somebody);
  }

  /** Lifts what input-svc has forgotten: it died, and no other has taken the phone. */
  liftForgotten(nowMs: number): void {
    const { pad } = this.#options;
    if (this.#input === undefined || (this.#input.held === 0 && pad?.active !== true)) return;
    if (this.#held || nowMs - this.#lastBatchMs < FORGOTTEN_TOUCH_MS) return;
    this.#options.log.warn({ held: this.#input.held }, 'lifting what nobody has mentioned');
    this.#channel?.send(this.#input.lift());
    pad?.rest();
  }

  /** The phone's display, as its window manager tells it. */
  display(natural: Size): void {
    this.#sizes.display(natural);
  }

  /** Pictures have another size from now on. @returns false when it is the same. */
  resized(video: Size): boolean {
    return this.#sized(this.#sizes.pictured(video));
  }

  /** As `resized`, by a picture whose shape counts and whose size does not. */
  turned(picture: Size): boolean {
    return this.#sized(this.#sizes.turned(picture));
  }

  /** What the phone said on a control socket. */
  heard(message: DeviceMessage): void {
    if (message.kind === 'clipboard') {
      this.#clipboard = message.text;
      this.#options.tell({ $case: 'clipboard', value: message.text });
    }
  }

  #sized(changed: boolean): boolean {
    const { geometry } = this.#sizes;
    if (geometry === undefined) return false;
    if (this.#input === undefined)
      this.#input = new ControlInput(this.#options.version, geometry, this.#fence);
    else this.#channel?.send(this.#input.pointers.resize(geometry));
    if (changed) this.#options.tell({ $case: 'videoSize', value: { ...geometry.video } });
    return changed;
  }

  /** A viewer's message whose turn has come. */
  #said(fence: number, input: ViewerInput, receivedMs: number): void {
    const { metrics } = this.#options;
    const { size } = this;
    if (size === undefined) return metrics.inputDropped.inc({ reason: 'not-ready' });
    const translation = translate(input, size);
    if (translation.kind === 'refused') return metrics.inputDropped.inc({ reason: 'malformed' });
    if (translation.kind === 'event')
      this.#perform({ fence, events: [{ event: translation.event }], ack: 0 }, receivedMs);
  }

  #apply(batch: ControlBatch, receivedMs: number, answer?: LaneAnswer): void {
    // Whatever becomes of the events: from now on nobody older is listened to, and a frozen phone finds the lifts when it goes on.
    this.#raise(batch.fence);
    if (this.#turn.waits) this.#turn.wait(() => this.#perform(batch, receivedMs, answer));
    else this.#perform(batch, receivedMs, answer);
  }

  #perform(batch: ControlBatch, receivedMs: number, answer?: LaneAnswer): void {
    const { metrics } = this.#options;
    const channel = this.#channel;
    if (channel === undefined || this.#input === undefined || this.#held) {
      metrics.inputDropped.inc({ reason: 'not-ready' }, batch.events.length);
      this.#acknowledge(batch, batch.fence < this.#fence ? 'fence' : 'not-ready', answer);
      return;
    }
    const { messages, drops, wantsClipboard, pad } = this.#input.apply(batch, receivedMs);
    const room = channel.send(messages, receivedMs);
    if (batch.fence === this.#fence) {
      this.#lastBatchMs = receivedMs;
      this.#turn.did(batch.events);
    }
    if (pad !== undefined) this.#pad(pad, drops);
    for (const reason of drops) metrics.inputDropped.inc({ reason });
    if (wantsClipboard) this.#tellClipboard();
    if (batch.ack === 0) return;
    const refused = batch.fence < this.#fence ? 'fence' : (drops[0] ?? (room ? '' : 'queue-full'));
    const told = pad === undefined ? undefined : this.#options.pad;
    channel.whenWritten((written) => {
      if (!written || told === undefined) this.#acknowledge(batch, written ? refused : 'not-ready', answer);
      else told.whenTold((taken) => this.#acknowledge(batch, refused || (taken ? '' : 'pad'), answer));
    });
  }

  #pad(state: NonNullable<InputResult['pad']>, drops: InputDrop[]): void {
    const { pad } = this.#options;
    if (state === 'rest') pad?.rest();
    else if (pad === undefined) drops.push('unsupported');
    else pad.state(state);
  }

  #raise(fence: number, somebody = true): void {
    if (fence <= this.#fence) return;
    this.#fence = fence;
    this.#listener?.over(fence - 1);
    const lifts = this.#input?.raise(fence) ?? [];
    this.#channel?.voidClipboards();
    this.#channel?.send(lifts);
    this.#options.pad?.rest();
    if (somebody) this.#turn.raised();
  }

  #acknowledge({ ack }: ControlBatch, refused: string, answer: LaneAnswer | undefined): void {
    if (ack !== 0) this.#options.acknowledge({ ack, fence: this.#fence, refused }, answer);
  }

  /** With autosync the control server tells changes only, so who knows the text is another server, or our memory. */
  #tellClipboard(): void {
    if (this.#options.askClipboard() || this.#clipboard === undefined) return;
    this.#options.tell({ $case: 'clipboard', value: this.#clipboard });
  }
}
