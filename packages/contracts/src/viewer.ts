/**
 * The signalling protocol between a viewer and the farm: JSON text frames on the WebSocket `/v1/signal`; binary frames
 * are `ancloud.input.v1.ViewerInput` for clients without data channels. Four unions (request and notification, each
 * direction) keyed by method: an unhandled method does not compile. mediasoup's own types are carried as opaque JSON
 * so that this table needs neither mediasoup nor mediasoup-client.
 */

/** What a viewer may do: see; also touch; also take the controls from one who may only touch. */
export type RoleWord = 'watch' | 'control' | 'owner';

/** JSON as mediasoup makes it; both ends hand it to their mediasoup unread. */
export type Opaque = Record<string, unknown>;

export type Quality = 'main' | 'low' | 'auto';

export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface TransportOptions {
  readonly id: string;
  readonly iceParameters: Opaque;
  readonly iceCandidates: readonly Opaque[];
  readonly dtlsParameters: Opaque;
  readonly sctpParameters?: Opaque;
}

export interface ConsumerOptions {
  readonly id: string;
  readonly producerId: string;
  readonly kind: 'audio' | 'video';
  readonly rtpParameters: Opaque;
  /** True: nothing of it is sent before `resume`. */
  readonly paused: boolean;
}

/** Viewer → farm, answered. The first message of a connection must be `join`. */
export interface ClientRequests {
  /**
   * Exactly one of token (single use) and resume (viewer id + rotating secret of an earlier join). `receive`: it decodes what every
   * browser does, H.264 in packetization-mode 1 and Opus, and wants to be sent the picture at once; default false.
   */
  join: {
    data: ({ token: string } | { viewer: string; resume: string }) & { receive?: boolean };
    reply: {
      viewer: string;
      phone: string;
      role: RoleWord;
      /** Secret for the next reconnect; replaces the one before. Valid 2 minutes after the connection ends. */
      resume: string;
      iceServers: readonly IceServer[];
      rtpCapabilities: Opaque;
      /** For receiving, made with the viewer: nobody joins without wanting a picture, and asking would take a round trip. */
      transport: TransportOptions;
      /**
       * As of `consume`, for who asked to `receive`: the picture's needs no `resume`, since nothing is sent before the handshake. Missing
       * while the phone sends none yet: then `consume` waits for it.
       */
      consumers?: readonly ConsumerOptions[];
      /** 0 when no picture has come yet. */
      width: number;
      height: number;
      hasAudio: boolean;
      /** It was made for the low layer alone: `quality` is refused, and there is no sound. Missing for all others. */
      layer?: 'low';
      /** The phone has a gamepad, which takes `PadState`; missing = it does not, and a viewer's gamepad presses keys. */
      gamepad?: boolean;
    };
  };
  /** For the input channels; the one for receiving comes with `join`. */
  createTransport: { data: { direction: 'send' }; reply: TransportOptions };
  connectTransport: { data: { transport: string; dtlsParameters: Opaque }; reply: Record<string, never> };
  /** Consumers come paused; `resume` starts each once the viewer's side is set up. */
  consume: { data: { rtpCapabilities: Opaque }; reply: { consumers: readonly ConsumerOptions[] } };
  resume: { data: { consumer: string }; reply: Record<string, never> };
  pause: { data: { consumer: string }; reply: Record<string, never> };
  /**
   * Which size of the picture it wants: the phone's own, the low layer, or what its link takes. Who never asks has the first for good; who
   * asks for another must know the notification `layer`.
   */
  quality: { data: { want: Quality }; reply: Record<string, never> };
  /** The consumer that `layer` brought is shown now: the one before ends. Refused when it was given up meanwhile: then that one goes on. */
  swapped: { data: { consumer: string }; reply: Record<string, never> };
  /** The input channels: label `input` (ordered, reliable) and `moves` (unordered, no retransmits). */
  produceData: {
    data: { transport: string; label: 'input' | 'moves'; sctpStreamParameters: Opaque };
    reply: { id: string };
  };
  /**
   * Whether the phone's own keyboard is on its screen now; null when the phone does not say. Refused for watchers. The phone is asked four
   * times a second at most, whoever asks.
   */
  keyboard: { data: Record<string, never>; reply: { shown: boolean | null } };
  /** What the host's clock says by which the phone's pictures are timed, ms: the RTP timestamp of one is the ms of its drawing, times 90. */
  clock: { data: Record<string, never>; reply: { hostMs: number } };
  restartIce: { data: { transport: string }; reply: { iceParameters: Opaque } };
  stats: {
    data: Record<string, never>;
    reply: { transports: readonly Opaque[]; consumers: readonly Opaque[] };
  };
}

/** Viewer → farm, unanswered. */
export interface ClientNotifications {
  leave: Record<string, never>;
  /** How the picture was, since the report before; each 5 s while there is one. More than one a second is not taken. */
  experience: {
    /** ms that this report covers, 500-60 000. */
    spanMs: number;
    frames: number;
    framesDropped: number;
    packetsLost: number;
    /** Times that the picture stood 150 ms longer than the phone's did. */
    stalls: number;
    stalledMs: number;
    /** Newest round trip, ms; 0 = not known yet. */
    rttMs: number;
    /** Means over the frames of this report, ms. */
    decodeMs: number;
    bufferMs: number;
    /**
     * From presses on a screen that stood still to the display of the first frame that changed, ms; 16 at most. Players of before tell none.
     */
    touchMs?: readonly number[];
    /**
     * From when the phone drew a frame to its display, ms; of frames that are evenly picked, 16 at most. Missing as `touchMs` may be.
     */
    glassMs?: readonly number[];
    /**
     * From when the phone made a sound to its coming out of the loudspeaker, ms; one a second while the phone is heard, 16 at most. Missing
     * as `touchMs` may be.
     */
    soundMs?: readonly number[];
    /** Its packets go by a TURN server; missing while the browser does not tell of the way. */
    relayed?: boolean;
    /** 1 (unusable) to 5, as the player judges it (player/src/score.ts). */
    score: number;
  };
}

/** Farm → viewer, answered. */
export interface ServerRequests {
  /** Asked each 10 s; a viewer silent for 20 s is closed. */
  ping: { data: Record<string, never>; reply: Record<string, never> };
}

/** Farm → viewer, unanswered. */
export interface ServerNotifications {
  control: { holder: string; yours: boolean; asking: readonly string[] };
  clipboard: { text: string };
  refused: { code: string; message: string; count: number };
  /** For a second's silence the keys that this viewer held were let go: what it still holds it presses again. */
  lifted: Record<string, never>;
  /** As in `join`: it changed with a boot of the phone. */
  gamepad: { gamepad: boolean };
  /** The picture's size changed (rotation). */
  size: { width: number; height: number };
  /** A new producer replaced the old one: consume again. */
  streamReplaced: Record<string, never>;
  /** The same picture in another size, beside the one that is shown: to be resumed, and told by `swapped` once it can be shown. */
  layer: { layer: 'main' | 'low'; consumer: ConsumerOptions };
  /** A consumer that `layer` brought has ended before it was shown. */
  layerDropped: { consumer: string };
  /** The stream is interrupted or back; the viewer may keep its last picture. */
  streamState: { state: 'live' | 'waiting'; reason: string };
  /** Last message before the farm closes the connection. `retry`: a reconnect with the resume secret makes sense. */
  closing: { code: string; message: string; retry: boolean };
}

export interface RequestFrame {
  readonly id: number;
  readonly method: string;
  readonly data: unknown;
}
export interface ReplyFrame {
  readonly id: number;
  readonly ok?: unknown;
  readonly error?: { code: string; message: string };
}
export interface NotificationFrame {
  readonly notify: string;
  readonly data: unknown;
}
export type Frame = RequestFrame | ReplyFrame | NotificationFrame;

export const limits = {
  /** Bytes of one JSON frame. */
  signalFrame: 65_536,
  /** Bytes of one input message; a clipboard text may be longer. */
  inputMessage: 16_384,
  clipboardMessage: 262_144,
  /** What one viewer may send a second, by whatever channel; kit's InputGate is the policy. Ten fingers at 120 Hz give 1200 moves. */
  movesPerSecond: 1_200,
  /** Everything that is no move. */
  messagesPerSecond: 400,
  /** Bytes of input, and how many at once: a few clipboards. */
  bytesPerSecond: 262_144,
  bytesBurst: 1_048_576,
  pingIntervalMs: 10_000,
  pingTimeoutMs: 20_000,
  /** A viewer that has not joined by then is closed. */
  joinTimeoutMs: 10_000,
  /** A WHEP session ends after so long: nothing but its end tells that its player should ask for a new right. */
  whepSessionMs: 12 * 3_600_000,
  /** So often its media-svc says that it lives, */
  whepBeatMs: 30_000,
  /** and so long it stays listed when nobody does. */
  whepAbsentMs: 300_000,
  touchHeartbeatMs: 250,
  touchSilenceMs: 1_000,
} as const;

/** Reads one frame; null when it is none. Never throws. Values stay unknown: each method's handler checks its own. */
export function parseFrame(text: string): Frame | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const frame = value as Record<string, unknown>;
  if (typeof frame['notify'] === 'string') return { notify: frame['notify'], data: frame['data'] };
  if (!Number.isSafeInteger(frame['id'])) return null;
  const id = frame['id'] as number;
  if (typeof frame['method'] === 'string') return { id, method: frame['method'], data: frame['data'] };
  if ('error' in frame) {
    const error = frame['error'] as Record<string, unknown> | null;
    if (typeof error !== 'object' || error === null) return null;
    const { code, message } = error;
    // No String(): of an object with a `toString` of its own it throws.
    return typeof code === 'string' && typeof message === 'string' ? { id, error: { code, message } } : null;
  }
  return 'ok' in frame ? { id, ok: frame['ok'] } : null;
}
