import { Desired } from './gen/ancloud/common/v1/common.js';
import { MacroRecord, MacroRun } from './gen/ancloud/input/v1/macro.js';
import {
  ControlRecord,
  GroupRecord,
  HostRecord,
  MediaRecord,
  Operation,
  PhoneStatus,
  Placement,
  SessionRecord,
  StreamRecord,
} from './gen/ancloud/state/v1/state.js';
import type { ServiceName } from './subjects.js';

/** ts-proto's JSON form of a message: what stands in Redis, so that an operator can read it with redis-cli. */
export interface JsonCodec<T> {
  fromJSON(object: unknown): T;
  toJSON(message: T): unknown;
}

/** One record kind: `{x}` in the template is a parameter. Only `writer` may write it (docs/state.md). */
export interface RecordKey<T> {
  readonly template: string;
  readonly writer: ServiceName;
  readonly codec: JsonCodec<T>;
  /** Seconds after which an unrenewed record is gone; absent = kept. */
  readonly ttlSeconds?: number;
}

function record<T>(
  template: string,
  writer: ServiceName,
  codec: JsonCodec<T>,
  ttlSeconds?: number,
): RecordKey<T> {
  return ttlSeconds === undefined ? { template, writer, codec } : { template, writer, codec, ttlSeconds };
}

/** Records: a Redis string holding the JSON of one message. */
export const records = {
  desired: record('phone:{phone}', 'gateway', Desired),
  placement: record('phone:{phone}:placement', 'gateway', Placement),
  /** Written by a script that refuses an older {epoch, revision}. */
  status: record('phone:{phone}:status', 'container-svc', PhoneStatus),
  host: record('host:{host}', 'container-svc', HostRecord, 12),
  session: record('session:{phone}', 'session-svc', SessionRecord, 30),
  stream: record('stream:{phone}', 'media-svc', StreamRecord, 15),
  media: record('media:{media}', 'media-svc', MediaRecord, 15),
  control: record('control:{phone}', 'input-svc', ControlRecord, 60),
  /** A day after its last change it is forgotten, lest it steers phones that nobody thinks of. */
  group: record('group:{group}', 'gateway', GroupRecord, 86_400),
  macro: record('macro:{macro}', 'gateway', MacroRecord),
  /** The newest play on a phone: what it came to is known for a day. */
  macroRun: record('macro-run:{phone}', 'input-svc', MacroRun, 86_400),
  operation: record('operation:{operation}', 'gateway', Operation, 86_400),
} as const;

/** A plain key: a set, a hash or a counter that scripts use. */
export interface PlainKey {
  readonly template: string;
  readonly writer: ServiceName;
  readonly type: 'set' | 'hash' | 'string' | 'zset' | 'stream';
}

export const plainKeys = {
  /** Ids of all phones that are desired. */
  phones: { template: 'phones', writer: 'gateway', type: 'set' },
  /** Ids of one tenant's phones. */
  ownerPhones: { template: 'owner:{owner}:phones', writer: 'gateway', type: 'set' },
  /** Ids of operations of a phone that have not ended. */
  phoneOperations: { template: 'phone:{phone}:operations', writer: 'gateway', type: 'set' },
  /** Ids of the phones placed on a host: what that host reconciles. */
  hostPhones: { template: 'host:{host}:phones', writer: 'gateway', type: 'set' },
  /** Ids of hosts ever seen. Absence of `host:{host}` = lost. */
  hosts: { template: 'hosts', writer: 'container-svc', type: 'set' },
  medias: { template: 'medias', writer: 'media-svc', type: 'set' },
  /** A removed phone: {epoch, at}; kept 30 days so that nothing deleted returns. */
  tombstone: { template: 'tombstone:{phone}', writer: 'gateway', type: 'string' },
  /** Differs after a lost Redis; see docs/state.md, "Redis lost". */
  incarnation: { template: 'farm:incarnation', writer: 'gateway', type: 'string' },
  /** Stands while an emptied Redis is being rebuilt (60 s at most): nothing is placed. */
  recovery: { template: 'farm:recovery', writer: 'gateway', type: 'string' },
  /** Ids of all groups, by when they are forgotten (Unix ms). */
  groups: { template: 'groups', writer: 'gateway', type: 'zset' },
  /** Ids of one tenant's macros. */
  ownerMacros: { template: 'owner:{owner}:macros', writer: 'gateway', type: 'set' },
  operations: { template: 'operations', writer: 'gateway', type: 'zset' },
  idempotency: { template: 'idempotency:{owner}:{key}', writer: 'gateway', type: 'string' },
  /** A feed that publishers may come to: owner. Stands until its token expires or is taken back. */
  feedToken: { template: 'feed-token:{feed}', writer: 'gateway', type: 'string' },
  /** The newest publisher that came by a feed's token: `<session>@<address of its media-svc>`. As long as the token. */
  feedPlace: { template: 'feed-place:{feed}', writer: 'gateway', type: 'string' },
  /** A publisher's offer is being answered, or was within the last second: a name of that turn's own. */
  feedTurn: { template: 'feed-turn:{feed}', writer: 'gateway', type: 'string' },
  viewerToken: { template: 'viewer-token:{token}', writer: 'gateway', type: 'string' },
  /** A viewer that was made and may join, or has joined: phone, role, owner, token, digest of its resume secret, connection. */
  viewer: { template: 'viewer:{viewer}', writer: 'gateway', type: 'hash' },
  /** Viewers of a phone that have joined or may, by when they are forgotten (Unix ms). */
  phoneViewers: { template: 'phone:{phone}:viewers', writer: 'gateway', type: 'zset' },
  /** A player by WHEP that has left within the last minute: a word of its presence may still be under way. */
  viewerEnded: { template: 'viewer-ended:{viewer}', writer: 'gateway', type: 'string' },
  /** A viewer whose right was taken back; stands for longer than any token is good. */
  viewerRevoked: { template: 'viewer-revoked:{viewer}', writer: 'gateway', type: 'string' },
  /** What people are shown for a viewer that was made with a name; stands for as long as the audit tells of it. */
  viewerName: { template: 'viewer-name:{viewer}', writer: 'gateway', type: 'string' },
  /** Who touched when: 1000 lines at most, 30 days after the last. */
  controlAudit: { template: 'control:{phone}:audit', writer: 'input-svc', type: 'stream' },
  apiKey: { template: 'api-key:{digest}', writer: 'gateway', type: 'hash' },
  consoleLink: { template: 'console-link:{digest}', writer: 'gateway', type: 'string' },
  consoleSession: { template: 'console-session:{digest}', writer: 'gateway', type: 'hash' },
} as const satisfies Record<string, PlainKey>;

/** Leases: a hash {owner, fence, expiry} written by packages/state's scripts. */
export const leases = {
  /** Which call of which gateway begins a recording of a phone: owner = the recording. */
  recordingStart: { template: 'recording-start:{phone}:lease', writer: 'gateway', ttlMs: 6_000 },
  /** Which media-svc ingests a phone. Renewed more often than it has to be: by the time left others see how long its holder has been silent. */
  stream: { template: 'stream:{phone}:lease', writer: 'media-svc', ttlMs: 6_000, renewMs: 500 },
  /** Which feed is a phone's camera or microphone: owner = `<feed>:<try>`. The newest takes it by force. */
  feed: { template: 'feed:{phone}:{kind}:lease', writer: 'media-svc', ttlMs: 6_000 },
  /** Where a feed's publisher arrives, whatever it sends: of two that came by one token the newer stays. Owner as `feed`'s. Taken by force. */
  feedPublisher: { template: 'feed-publisher:{feed}:lease', writer: 'media-svc', ttlMs: 6_000 },
  /** Which input-svc serves a phone: owner = `<id>:<process>@<address of its gRPC>`. */
  input: { template: 'input:{phone}', writer: 'input-svc', ttlMs: 3_000 },
  /** Who may touch. */
  control: { template: 'control:{phone}:lease', writer: 'input-svc', ttlMs: 30_000 },
  /** Which machine is a host: owner = boot nonce. */
  host: { template: 'host:{host}:lease', writer: 'container-svc', ttlMs: 15_000 },
  /** Which gateway announces what no host can report. */
  sweeper: { template: 'gateway:sweeper', writer: 'gateway', ttlMs: 10_000 },
} as const satisfies Record<
  string,
  { template: string; writer: ServiceName; ttlMs: number; renewMs?: number }
>;

/** Fills a template: `fill('phone:{phone}:status', { phone: 'ph_1' })`. Ids are checked at the API; here only presence. */
export function fill(template: string, parameters: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined || value === '')
      throw new TypeError(`${template}: parameter '${name}' is missing`);
    return value;
  });
}
