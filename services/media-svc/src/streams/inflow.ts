import type { types } from 'mediasoup';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import type { WishReason } from '../core/key-frame-wish.js';
import type { Counts } from '../core/picture-counts.js';
import type { Source } from '../workers/branch.js';
import type { LowLayer } from './low-layer.js';
import type { MainPicture } from './main-picture.js';

/**
 * What brings a phone's picture to its stream's root: the phone's session (`Ingest`), or the media-svc where it arrives (`PipeInlet`).
 * Owned by the stream's attachment, and replaced as a whole: the stream's router, branches and viewers stay.
 */
export interface Inflow extends Source {
  readonly video: types.Producer;
  /** Known from when the main picture has run. */
  readonly audio: types.Producer | undefined;
  /** Whether `video` and `audio` are sent anything. */
  readonly main: MainPicture;
  readonly low: LowLayer;
  readonly size: { readonly width: number; readonly height: number };
  /** Id of the media-svc it comes from; empty = from the session. */
  readonly origin: string;
  /** On its way here. */
  readonly encrypted: boolean;
  /** True while it is the one for this session. */
  serves(session: SessionRecord): boolean;
  /** A viewer of the main layer lacks a key frame. */
  askKeyFrame(reason: WishReason): void;
  /** How many watch here, and whether another one would find room. */
  watched(load: Load): void;
  /** What a viewer was sent so far at most. */
  counts(): Promise<Counts>;
  /** Producers and, with them, all consumers close. May be called twice. */
  close(): void;
}

/** What an edge tells its origin of itself. */
export interface Load {
  readonly viewers: number;
  /** Those among them that are pinned to the low layer. */
  readonly pinned: number;
  readonly full: boolean;
}

/** RTP packets and bytes taken in by a producer. */
export async function countsOf(producer: types.Producer): Promise<Counts> {
  const stats = await producer.getStats();
  return stats.reduce(
    (sum, s) => ({ packets: sum.packets + s.packetCount, bytes: sum.bytes + s.byteCount }),
    { packets: 0, bytes: 0 },
  );
}
