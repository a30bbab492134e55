import type { viewer } from '@ancloud/contracts';
import type { Bus, Lanes } from '@ancloud/bus';
import type { Clock, Log } from '@ancloud/kit';
import type { ViewerDoor } from '../viewers/viewer-door.js';
import type { MediaDialer } from './media-link.js';

/** What is used of a WebSocket: `ws` in the world, a fake in specs. */
export interface ViewerSocket {
  send(text: string): void;
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
}

/** What is counted of viewers' connections. */
export interface SignalCounts {
  /** `ok`, or the code with which a join was refused. */
  joined(outcome: string): void;
  /** An input message was not passed on. */
  dropped(why: string): void;
}

export interface ConnectionParts {
  readonly door: Pick<ViewerDoor, 'admit'>;
  readonly dialer: Pick<MediaDialer, 'join'>;
  readonly bus: Pick<Bus, 'publish' | 'subscribe'>;
  readonly lanes: Pick<Lanes, 'viewerInput'>;
  /** STUN and TURN servers for that viewer. */
  readonly iceServers: (viewer: string) => readonly viewer.IceServer[];
  readonly counted: SignalCounts;
  readonly clock: Clock;
  readonly log: Log;
}
