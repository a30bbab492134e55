import type { Clock, Log, Size } from '@ancloud/kit';
import type { DeviceMessage, ScrcpyVersion } from '@ancloud/scrcpy-wire';
import type { HostClock } from './host-clock.js';
import type { PhoneLink } from './phone-link.js';
import type { RtpOptions, RtpSender } from './rtp-sender.js';
import type { SessionMetrics } from './session-metrics.js';

/** What media-svc wants; valid as a whole until a call with the same or a higher fence. */
export interface StreamWish {
  readonly fence: number;
  readonly rtp: RtpOptions;
  /** Nobody is to see it yet: no server runs for it until `run`. */
  readonly rests: boolean;
}

export interface StreamState {
  readonly size: Size | undefined;
  readonly audio: boolean;
}

export interface StreamOptions {
  readonly phoneId: string;
  readonly sender: RtpSender;
  readonly version: ScrcpyVersion;
  readonly clock: Clock;
  readonly hostClock: HostClock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
  /** The link while there is one, with the jar in place. */
  readonly link: (signal: AbortSignal) => Promise<{ readonly link: PhoneLink; readonly jarPath: string }>;
  readonly onSize: (size: Size) => void;
  readonly onDevice: (message: DeviceMessage) => void;
  /** Streaming or sound began or ended. */
  readonly onChange: () => void;
  /** A server did not start: what it stands on may have been taken away. */
  readonly onServerFailed: () => void;
}
