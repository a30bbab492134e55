import type { FarmTls, Log, Metrics } from '@ancloud/kit';
import type { SubjectParams } from './subject.js';

export interface BusOptions {
  /** `host:port` of one or more nats-servers. */
  readonly servers: readonly string[];
  /** The service's own NATS user: its permissions are contracts' `permissionsOf(service)`. */
  readonly user: string;
  readonly pass: string;
  /** For servers named by `tls://`: the authority they are known by, and what they are shown. Default: the machine's authorities. */
  readonly tls?: FarmTls | undefined;
  /** Shown in nats-server's monitoring. */
  readonly name: string;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** How long the first connection may take, ms. Default 15 000. */
  readonly connectMs?: number;
}

export type BusStatus = 'connected' | 'reconnecting' | 'closed';

/** What has gone wrong since the start; also counted as `ancloud_bus_trouble_total{kind}`. */
export interface BusStats {
  /** Messages not sent because the connection was down. */
  unsent: number;
  /** Messages that could not be decoded. */
  malformed: number;
  /** Handlers that threw or rejected. */
  handlerErrors: number;
  /** Messages not handled because too many asynchronous handlers were still under way. */
  overrun: number;
  /** Subscriptions or publications that the server's permissions refused. */
  refused: number;
}

export interface SubscribeOptions {
  /** Members of one queue group share the messages. */
  readonly queue?: string;
  /** Asynchronous handlers under way at once; a message beyond that is dropped and counted. Default 1 000. */
  readonly maxPending?: number;
}

export type Handler<T> = (message: T, params: SubjectParams) => void | Promise<void>;
export type RawHandler = (bytes: Uint8Array, params: SubjectParams) => void;

export interface BusSubscription {
  /** No more messages from now on. May be called twice. */
  close(): void;
}

/** A subject with its parameters filled in once: for those who publish often. */
export interface Outlet<T> {
  readonly subject: string;
  publish(message: T): boolean;
  /** Hot path. `bytes` belong to the bus until they have been written: do not reuse the buffer. */
  publishRaw(bytes: Uint8Array): boolean;
}
