import { asAppError } from '@ancloud/kit';
import { FragmentCutter, type Piece } from '../core/fragment-cutter.js';
import {
  hasEnded,
  headName,
  type HlsRemains,
  type HlsSegment,
  readRemains,
  segmentName,
  withEnd,
  writePlaylist,
} from '../core/hls-playlist.js';
import type { HlsOrigin } from '../io/hls-origin.js';
import type { Outlet, OutletEvents } from './copy-link.js';

/** Fragments are joined until a segment is so long: key frames may come closely together. */
const SEGMENT_MS = 1_500;
/** Segments in the playlist. Players begin three from its end. */
const LISTED = 6;
/** Segments that stay for those who have read the list before. */
const KEPT = 3;
/** Bytes that wait for a server that is slow: 30 s of 8 Mb/s. */
const MAX_WAITING = 32 << 20;

/**
 * A phone's HLS on its way to a web server, in one connection of a push: ffmpeg's MP4 in memory, cut into segments, put there one request after
 * the other: a segment before the list that names it, then out with what no list names any more. No file here; there the list, ten segments
 * and their heads at most. Ends by `close`.
 */
export class HlsOutlet implements Outlet {
  readonly #origin: HlsOrigin;
  readonly #stem: string;
  readonly #events: OutletEvents;
  /** Requests, one after the other; never rejects. */
  #work: Promise<void>;
  #failed = false;
  /** The list of ours that was there when this began, without an end; empty when there was none. */
  #before = '';
  #sequence = 0;
  #discontinuities = 0;
  #listed: HlsSegment[] = [];
  /** Names that no list has, the oldest first. */
  #unlisted: string[] = [];
  /** Of the ffmpeg that is, while it is not at the destination. */
  #head: Buffer | undefined;
  #map = '';
  #discontinuity = false;
  #part: { bytes: Buffer[]; ms: number; frames: number } = emptyPart();
  #waiting = 0;
  #frames = 0;

  /** @param stem the playlist's name, without `.m3u8`. */
  constructor(origin: HlsOrigin, stem: string, events: OutletEvents) {
    this.#origin = origin;
    this.#stem = stem;
    this.#events = events;
    this.#work = this.#attempt(async () => {
      const there = await origin.playlist();
      const remains = readRemains(there, stem);
      if (remains.names.length > 0 && !hasEnded(there)) this.#before = there;
      this.#goOn(remains);
    });
  }

  begin(): (chunk: Buffer) => void {
    const cutter = new FragmentCutter();
    return (chunk) => {
      if (this.#failed) return;
      try {
        for (const piece of cutter.push(chunk)) this.#take(piece);
      } catch (error) {
        this.#fail(asAppError(error).message);
      }
    };
  }

  close(forGood: boolean): void {
    this.#cut();
    if (forGood) this.#then(0, () => this.#putEnd());
  }

  #goOn({ sequence, discontinuities, names }: HlsRemains): void {
    // Beyond the number that the list may not have come to name. By the clock where it cannot be read: a segment has more than a second, so
    // numbers grow from connection to connection.
    this.#sequence = Math.max(sequence + 1, Math.floor(Date.now() / 1_000));
    this.#discontinuities = discontinuities;
    this.#discontinuity = names.length > 0;
    this.#unlisted = [...names];
  }

  #take(piece: Piece): void {
    if (piece.kind === 'head') {
      this.#cut();
      this.#then(0, async () => void (this.#head = piece.bytes));
      return;
    }
    this.#part.bytes.push(piece.bytes);
    this.#part.ms += piece.pictureMs;
    this.#part.frames += piece.frames;
    if (this.#part.ms >= SEGMENT_MS) this.#cut();
  }

  /** What there is becomes a segment. */
  #cut(): void {
    const { bytes, ms, frames } = this.#part;
    this.#part = emptyPart();
    if (frames === 0) return;
    const segment = Buffer.concat(bytes);
    this.#then(segment.length, () => this.#putSegment(segment, ms, frames));
  }

  async #putSegment(bytes: Buffer, durationMs: number, frames: number): Promise<void> {
    await this.#putHead();
    const name = segmentName(this.#stem, this.#sequence);
    await this.#origin.put(name, bytes);
    this.#sequence += 1;
    this.#listed.push({ name, map: this.#map, durationMs, discontinuity: this.#discontinuity });
    this.#discontinuity = false;
    while (this.#listed.length > LISTED) this.#unlist();
    await this.#putList(false);
    this.#frames += frames;
    this.#events.sent(this.#frames);
    await this.#tidy(KEPT);
  }

  /** Not before a segment needs it: then a list names both. */
  async #putHead(): Promise<void> {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    if (this.#map !== '') this.#discontinuity = true;
    this.#map = headName(this.#stem, this.#sequence);
    await this.#origin.put(this.#map, head);
  }

  #unlist(): void {
    const gone = this.#listed.shift();
    if (gone === undefined) return;
    if (gone.discontinuity) this.#discontinuities += 1;
    this.#unlisted.push(gone.name);
    if (this.#listed[0]?.map !== gone.map) this.#unlisted.push(gone.map);
  }

  /** Of our own list, or, while that has nothing, of the one before: its segments are still there. */
  async #putEnd(): Promise<void> {
    if (this.#listed.length > 0) {
      await this.#putList(true);
      await this.#tidy(0);
    } else if (this.#before !== '') await this.#origin.putPlaylist(withEnd(this.#before));
  }

  async #putList(ended: boolean): Promise<void> {
    await this.#origin.putPlaylist(
      writePlaylist({
        sequence: this.#sequence - this.#listed.length,
        discontinuities: this.#discontinuities,
        segments: this.#listed,
        unlisted: this.#unlisted,
        ended,
      }),
    );
  }

  async #tidy(kept: number): Promise<void> {
    while (this.#unlisted.length > kept) await this.#origin.remove(this.#unlisted.shift() ?? '');
  }

  /** Behind what is under way; `bytes` wait for it. */
  #then(bytes: number, act: () => Promise<void>): void {
    this.#waiting += bytes;
    if (this.#waiting > MAX_WAITING) return this.#fail('the destination does not take what is sent');
    this.#work = this.#work.then(() => this.#attempt(act)).finally(() => (this.#waiting -= bytes));
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    if (this.#failed) return;
    try {
      await act();
    } catch (error) {
      this.#fail(asAppError(error).message);
    }
  }

  #fail(reason: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#part = emptyPart();
    this.#events.failed(reason);
  }
}

function emptyPart(): { bytes: Buffer[]; ms: number; frames: number } {
  return { bytes: [], ms: 0, frames: 0 };
}
