import {
  ControlAck,
  ControlBatch,
  GroupInput,
  LaneRequest,
  SessionLaneRequest,
} from './gen/ancloud/input/v1/input.js';
import { ViewerInput, ViewerNotice } from './gen/ancloud/input/v1/viewer.js';
import {
  DesiredChanged,
  DeviceEvent,
  GroupChanged,
  KeyFrameWanted,
  ViewerChanged,
  ViewerRevoked,
} from './gen/ancloud/events/v1/events.js';
import {
  ControlRecord,
  HostRecord,
  Operation,
  PhoneStatus,
  SessionRecord,
  StreamRecord,
} from './gen/ancloud/state/v1/state.js';

/** What ts-proto generates for a message, as far as the bus needs it. */
export interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/**
 * One NATS subject: words in braces are parameters. `publishers` and `subscribers` become the services' NATS
 * permissions, so this table is also who may say what (docs/protocol.md).
 */
export interface Subject<T> {
  readonly template: string;
  readonly codec: Codec<T>;
  readonly publishers: readonly ServiceName[];
  readonly subscribers: readonly ServiceName[];
}

export const serviceNames = ['container-svc', 'session-svc', 'media-svc', 'input-svc', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

function subject<T>(
  template: string,
  codec: Codec<T>,
  publishers: readonly ServiceName[],
  subscribers: readonly ServiceName[],
): Subject<T> {
  return { template, codec, publishers, subscribers };
}

export const subjects = {
  /** A phone's observed status changed. */
  phoneStatus: subject(
    'ancloud.fact.phone.{phone}',
    PhoneStatus,
    ['container-svc'],
    ['session-svc', 'media-svc', 'input-svc', 'gateway'],
  ),
  /** A session came, changed or closed. */
  session: subject(
    'ancloud.fact.session.{phone}',
    SessionRecord,
    ['session-svc'],
    ['media-svc', 'input-svc', 'gateway'],
  ),
  /** A stream came, changed or closed (viewers = 0 and media_id = '' when closed). */
  stream: subject('ancloud.fact.stream.{phone}', StreamRecord, ['media-svc'], ['session-svc', 'gateway']),
  /** A host's facts changed, or its heartbeat. */
  host: subject('ancloud.fact.host.{host}', HostRecord, ['container-svc'], ['gateway']),
  /** A wish changed: the host re-reads. */
  desired: subject('ancloud.fact.desired.{phone}', DesiredChanged, ['gateway'], ['container-svc', 'gateway']),
  /** An operation changed. */
  operation: subject('ancloud.fact.operation.{operation}', Operation, ['gateway'], ['gateway']),
  /** The control lease changed hands. */
  controlHolder: subject(
    'ancloud.fact.control.{phone}',
    ControlRecord,
    ['input-svc'],
    ['gateway', 'session-svc', 'media-svc'],
  ),
  /** A viewer came or went. */
  viewer: subject(
    'ancloud.fact.viewer.{phone}',
    ViewerChanged,
    ['media-svc', 'gateway'],
    ['input-svc', 'gateway'],
  ),
  /** A viewer's right was taken back: whoever holds something of it lets go. */
  viewerRevoked: subject(
    'ancloud.fact.revoked.{viewer}',
    ViewerRevoked,
    ['gateway'],
    ['gateway', 'media-svc', 'input-svc'],
  ),
  /** A group of phones was made, changed or removed. */
  group: subject('ancloud.fact.group.{group}', GroupChanged, ['gateway'], ['input-svc']),
  /** A viewer needs a key frame. Hot. */
  keyFrame: subject('ancloud.keyframe.{phone}', KeyFrameWanted, ['media-svc'], ['session-svc']),
  /**
   * One message of a viewer, bytes as the viewer sent them. The identity is in the subject, written by the service that
   * owns the viewer's channel, so a viewer cannot speak as another. `role` is `watch`, `control` or `owner`. Hot.
   */
  viewerInput: subject(
    'ancloud.input.{phone}.{viewer}.{role}',
    ViewerInput,
    ['media-svc', 'gateway'],
    ['input-svc'],
  ),
  /** What the master of a group did, for members that another input-svc serves. Hot. */
  groupInput: subject('ancloud.group.{group}', GroupInput, ['input-svc'], ['input-svc']),
  /** Arbitrated, scaled input for the phone. Hot; only input-svc may publish it. */
  control: subject('ancloud.control.{phone}', ControlBatch, ['input-svc'], ['session-svc']),
  /** Asks for a lane in place of `viewerInput`; answered with a LaneOffer by the input-svc that serves the phone. */
  viewerLane: subject(
    'ancloud.lane.viewer.{phone}.{viewer}.{role}',
    LaneRequest,
    ['media-svc', 'gateway'],
    ['input-svc'],
  ),
  /** Asks for a lane in place of `control`; answered with a LaneOffer by the session-svc of the phone. */
  controlLane: subject('ancloud.lane.control.{phone}', LaneRequest, ['input-svc'], ['session-svc']),
  /**
   * Asks for a lane from a viewer's channel to its phone's session, past input-svc: answered with a LaneOffer of the session's by the
   * input-svc that serves the phone, while the viewer holds the controls.
   */
  straightLane: subject(
    'ancloud.lane.straight.{phone}.{viewer}.{role}',
    LaneRequest,
    ['media-svc', 'gateway'],
    ['input-svc'],
  ),
  /** Asks the phone's session for what `straightLane` is answered with. */
  sessionLane: subject('ancloud.lane.session.{phone}', SessionLaneRequest, ['input-svc'], ['session-svc']),
  /** What was asked for an answer is written, or why not. */
  controlAck: subject('ancloud.ack.{phone}', ControlAck, ['session-svc'], ['input-svc']),
  /** What the phone said on its control socket. */
  device: subject('ancloud.device.{phone}', DeviceEvent, ['session-svc'], ['input-svc', 'media-svc']),
  /** What one viewer is to be told; the gateway that holds its WebSocket passes it on. */
  notice: subject('ancloud.notice.{viewer}', ViewerNotice, ['input-svc'], ['gateway']),
} as const;

/** The subjects of one service as NATS patterns (`{x}` → `*`), for nats-server's permissions. */
export function permissionsOf(service: ServiceName): { publish: string[]; subscribe: string[] } {
  const pattern = (template: string): string => template.replaceAll(/\{[a-z]+\}/g, '*');
  const rows: Subject<unknown>[] = Object.values(subjects as unknown as Record<string, Subject<unknown>>);
  return {
    publish: rows.filter((row) => row.publishers.includes(service)).map((row) => pattern(row.template)),
    subscribe: rows.filter((row) => row.subscribers.includes(service)).map((row) => pattern(row.template)),
  };
}
