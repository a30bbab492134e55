import type { types } from 'mediasoup';
import type { viewer as protocol } from '@ancloud/contracts';
import type { ViewerView } from '@ancloud/contracts/media/v1/media';
import type { StreamEdge } from '@ancloud/contracts/state/v1/state';
import type { WishReason } from '../core/key-frame-wish.js';
import type { Layer } from '../core/layer-choice.js';
import type { ViewerEnd } from '../viewers/viewer.js';
import type { Branch } from '../workers/branch.js';

/** `handshake`: from the join to DTLS; `picture`: from there until a key frame went out. */
export type JoinStep = 'handshake' | 'picture';

/** A viewer as its stream knows it, whatever it came by. */
export interface StreamViewer {
  /** Where it is seated, for its life. */
  readonly branch: Branch;
  /** The media-svc that it passes the picture on to; undefined for all who watch. */
  readonly edge?: StreamEdge;
  /** It is sent the low layer alone: a thumbnail, which is no reason to keep the phone awake. */
  readonly pinned?: boolean;
  /** It is sent the main picture or sound, which the phone encodes for nobody else. By default all but thumbnails are. */
  readonly needsMain?: boolean;
  notify<M extends keyof protocol.ServerNotifications>(
    method: M,
    data: protocol.ServerNotifications[M],
  ): void;
  /** The stream has new producers: old consumers have closed with the old ones. */
  replaced(): void;
  /** Each second, with the bits a second of the main layer. */
  judge(nowMs: number, mainBps: number): void;
  view(): Promise<ViewerView>;
  /** May be called twice. */
  close(reason: string, code?: ViewerEnd): void;
}

/** What a viewer's receiver watches: a phone's stream, or a feed. */
export interface Watchable {
  /** What there is to consume on that branch; waits for it. Errors: STREAM_FAILED. */
  producers(branch: Branch): Promise<types.Producer[]>;
  /** The same without waiting: undefined while there is nothing. */
  producersNow(branch: Branch): Promise<types.Producer[] | undefined>;
  /** A viewer lacks a key frame. */
  wantKeyFrame(reason: WishReason, layer?: Layer): void;
  /** A viewer asks for key frames without end. */
  flooded(): void;
  /** A viewer took a step towards its first picture; ms since the one before. */
  joined(step: JoinStep, ms: number): void;
}
