import { ScrcpyError } from '../errors.js';
import type { MediaDialect } from '../version.js';
import { codecFromId } from './codec.js';
import type { MediaCodec, MediaKind } from './codec.js';

/** The size of the pictures that follow. v3 sends it once, v4 at each encoder start (rotation, resize, reset). */
export interface MediaSession {
  /** Pixels, 1-65535. Touches must carry exactly this size or the server drops them. */
  readonly width: number;
  readonly height: number;
  /** True when a resize-display message of the client caused it; always false in v3. */
  readonly clientResize: boolean;
}

/** One encoder output: codec configuration, or one access unit. */
export interface MediaPacket {
  /** Codec configuration (H.264: SPS+PPS in Annex-B; Opus: OpusHead), not a picture. */
  readonly config: boolean;
  readonly keyFrame: boolean;
  /** Presentation time on the phone's clock, µs; 0 for config. */
  readonly ptsUs: number;
  /**
   * The payload. When the packet lay within one chunk this is a **view into that chunk** (no copy), else a buffer of
   * its own (one copy). The parser never writes to either again: the bytes stay valid as long as whoever owns the
   * chunk leaves it alone (Node's sockets do). A kept view keeps the whole chunk alive: copy what is kept for long.
   */
  readonly data: Uint8Array;
}

/** Where a parser delivers. Calls come synchronously from push(), in stream order: codec, session, packets. */
export interface MediaSink {
  codec?(codec: MediaCodec): void;
  session?(session: MediaSession): void;
  packet(packet: MediaPacket): void;
}

export interface MediaParserOptions {
  readonly dialect: MediaDialect;
  readonly kind: MediaKind;
  readonly sink: MediaSink;
  /** Largest payload accepted, bytes. Default 4 MiB: a 2560×1600 key frame at any sane bit rate is far below. */
  readonly maxPacketSize?: number;
}

export interface MediaParser {
  /**
   * Takes the next bytes of the media socket, in any chunking. An exception of the sink passes through and, like an
   * error of the stream, ends the parser: each further push throws the same error.
   * @throws ScrcpyError SCRCPY_STREAM_DISABLED, SCRCPY_STREAM_CONFIG, SCRCPY_CODEC_UNKNOWN, SCRCPY_TOO_LARGE,
   *   SCRCPY_MALFORMED
   */
  push(chunk: Uint8Array): void;
  /** Call at the end of the stream. @throws ScrcpyError SCRCPY_TRUNCATED inside a header or a packet. */
  end(): void;
}

const DEFAULT_MAX_PACKET = 4 << 20;
const HEADER = 12;

/** Flag bits within the first byte of a packet header (demuxer.c of v3.3.4 and v4.1). */
const FLAGS = {
  v3: { session: 0, config: 0x80, keyFrame: 0x40 },
  v4: { session: 0x80, config: 0x40, keyFrame: 0x20 },
} as const;

const u32 = (b: Uint8Array, at: number): number =>
  ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;

/** A parser of one media socket, after the preamble (see createPreambleParser) when it is the first socket. */
export function createMediaParser(options: MediaParserOptions): MediaParser {
  const { dialect, kind, sink, maxPacketSize = DEFAULT_MAX_PACKET } = options;
  const flags = FLAGS[dialect];
  const ptsMask = flags.keyFrame - 1;
  const scratch = new Uint8Array(HEADER);
  let sawSession = false;
  let failure: unknown;

  // The header being gathered: `need` bytes in all, `have` of them in scratch.
  let state: 'codec' | 'header' | 'body' = 'codec';
  // v3 puts the size behind the codec id, and sends the id alone when the stream is disabled: the id is read first.
  let need = 4;
  let have = 0;
  // The body being gathered; `body` exists only while a packet spans chunks.
  let bodySize = 0;
  let body: Uint8Array | undefined;
  let bodyHave = 0;
  let config = false;
  let keyFrame = false;
  let ptsUs = 0;

  const session = (b: Uint8Array, at: number, clientResize: boolean): void => {
    const width = u32(b, at);
    const height = u32(b, at + 4);
    // Control messages carry the size in u16.
    if (width === 0 || height === 0 || width > 0xffff || height > 0xffff)
      throw new ScrcpyError('SCRCPY_MALFORMED', `video size ${width}x${height} is impossible`);
    sawSession = true;
    sink.session?.({ width, height, clientResize });
  };

  const header = (b: Uint8Array, at: number): void => {
    if (state === 'codec') {
      if (need === 4) {
        sink.codec?.(codecFromId(u32(b, at), kind));
        if (dialect === 'v3' && kind === 'video') need = 8;
        else [state, need] = ['header', HEADER];
      } else {
        session(b, at, false);
        [state, need] = ['header', HEADER];
      }
      return;
    }
    const first = b[at]!;
    if ((first & flags.session) !== 0) {
      if (kind === 'audio') throw new ScrcpyError('SCRCPY_MALFORMED', 'a session packet in an audio stream');
      session(b, at + 4, (b[at + 3]! & 1) !== 0);
      return;
    }
    if (kind === 'video' && !sawSession)
      throw new ScrcpyError('SCRCPY_MALFORMED', 'a video packet came before the first session packet');
    config = (first & flags.config) !== 0;
    keyFrame = (first & flags.keyFrame) !== 0;
    const high = u32(b, at) & ((ptsMask << 24) | 0xff_ffff);
    // 2^53 µs are 285 years: a larger value is no time of any phone and would lose precision as a number.
    if (high > 0x1f_ffff) throw new ScrcpyError('SCRCPY_MALFORMED', 'a time stamp of more than 53 bits');
    ptsUs = config ? 0 : high * 0x1_0000_0000 + u32(b, at + 4);
    bodySize = u32(b, at + 8);
    if (bodySize === 0) throw new ScrcpyError('SCRCPY_MALFORMED', 'a packet of 0 bytes');
    if (bodySize > maxPacketSize)
      throw new ScrcpyError(
        'SCRCPY_TOO_LARGE',
        `a ${kind} packet announces ${bodySize} bytes, the limit is ${maxPacketSize}`,
      );
    state = 'body';
  };

  const deliver = (data: Uint8Array): void => {
    state = 'header';
    sink.packet({ config, keyFrame, ptsUs, data });
  };

  const parse = (chunk: Uint8Array): void => {
    let at = 0;
    while (at < chunk.length) {
      const left = chunk.length - at;
      if (state !== 'body') {
        if (have === 0 && left >= need) {
          const size = need;
          header(chunk, at);
          at += size;
        } else {
          const take = Math.min(need - have, left);
          scratch.set(chunk.subarray(at, at + take), have);
          have += take;
          at += take;
          if (have < need) return;
          have = 0;
          header(scratch, 0);
        }
      } else if (body === undefined && left >= bodySize) {
        at += bodySize;
        deliver(chunk.subarray(at - bodySize, at));
      } else {
        body ??= new Uint8Array(bodySize);
        const take = Math.min(bodySize - bodyHave, left);
        body.set(chunk.subarray(at, at + take), bodyHave);
        bodyHave += take;
        at += take;
        if (bodyHave < bodySize) return;
        const whole = body;
        body = undefined;
        bodyHave = 0;
        deliver(whole);
      }
    }
  };

  return {
    push(chunk) {
      if (failure !== undefined) throw failure;
      try {
        parse(chunk);
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    end() {
      if (failure !== undefined) throw failure;
      if (state === 'body' || have > 0 || need === 8)
        throw new ScrcpyError('SCRCPY_TRUNCATED', `the ${kind} stream ended inside a ${state}`);
    },
  };
}
