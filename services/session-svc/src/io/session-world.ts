import type { LaneAnswer } from '@ancloud/bus';
import type { DeviceEvent } from '@ancloud/contracts/events/v1/events';
import type { ControlAck } from '@ancloud/contracts/input/v1/input';
import type { SessionRecord } from '@ancloud/contracts/state/v1/state';
import type { Clock, Log, SrtpPolicy } from '@ancloud/kit';
import type { ScrcpyVersion } from '@ancloud/scrcpy-wire';
import type { HostClock } from './host-clock.js';
import type { ConnectPhone, PhoneAddress } from './phone-link.js';
import type { ServerJar } from './server-jar.js';
import type { SessionMetrics } from './session-metrics.js';
import type { TurnReadings } from './turn-readings.js';

/** Where a session's news go. Must not throw and not wait. */
export interface SessionVoice {
  record(record: SessionRecord): void;
  device(phoneId: string, event: DeviceEvent): void;
  acknowledge(phoneId: string, ack: ControlAck, answer?: LaneAnswer): void;
}

/** What all sessions of this service share. */
export interface SessionWorld {
  readonly hostId: string;
  /** `host:port` where this service's gRPC is reached. */
  readonly sessionAddress: string;
  readonly rtpIp: string;
  readonly srtp: SrtpPolicy;
  readonly version: ScrcpyVersion;
  readonly jar: ServerJar;
  readonly connect: ConnectPhone;
  readonly voice: SessionVoice;
  readonly readings: TurnReadings;
  readonly clock: Clock;
  readonly hostClock: HostClock;
  readonly log: Log;
  readonly metrics: SessionMetrics;
}

export interface SessionOptions {
  readonly phoneId: string;
  readonly bootId: string;
  readonly address: PhoneAddress;
  /** This boot of the phone has one. */
  readonly gamepad: boolean;
}
