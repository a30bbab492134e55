import type { Condition, Encoder, ErrorDetail, PhoneSpec } from '@ancloud/contracts/common/v1/common';
import { PortProtocol, Profile, profileToJSON, Role, roleToJSON } from '@ancloud/contracts/common/v1/common';
import {
  phaseToJSON,
  type HostImage,
  type Phone,
  type Snapshot,
  type Viewer,
} from '@ancloud/contracts/gateway/v1/gateway';
import {
  operationStateToJSON,
  stageToJSON,
  type HostRecord,
  type ImageRecord,
  type Operation,
  type PhoneStatus,
} from '@ancloud/contracts/state/v1/state';
import type { HostUpload } from '../uploads/uploads.js';

/*
 * REST's spelling of the gRPC messages, by one rule: fields in camelCase as in the proto, enum values as lower-case words
 * without their prefix, `…AtMs` as ISO 8601 `…At` (null when 0). A field that is not listed here is not public.
 */

const word = (json: string, prefix: string): string =>
  json.startsWith(prefix) ? json.slice(prefix.length).toLowerCase() : 'unknown';
export const time = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString());

export const profileWord = (profile: Profile): string => word(profileToJSON(profile), 'PROFILE_');
export const roleWord = (role: Role): string => word(roleToJSON(role), 'ROLE_');
const conditionJson = ({ type, active, message }: Condition) => ({ type, active, message });

const encoderJson = (encoder: Encoder | undefined) => ({
  bitRate: encoder?.bitRate ?? 0,
  maxFps: encoder?.maxFps ?? 0,
  maxSize: encoder?.maxSize ?? 0,
});

function specJson(spec: PhoneSpec | undefined) {
  const {
    imageId = '',
    display,
    limits,
    encoder,
    bootProperties = {},
    labels = {},
    idlePauseMinutes = 0,
    egressAllow = [],
    ports = [],
    gamepad = false,
  } = spec ?? {};
  return {
    imageId,
    display: {
      width: display?.width ?? 0,
      height: display?.height ?? 0,
      dpi: display?.dpi ?? 0,
      fps: display?.fps ?? 0,
    },
    limits: {
      cpuMillis: limits?.cpuMillis ?? 0,
      memoryMib: limits?.memoryMib ?? 0,
      pids: limits?.pids ?? 0,
      cpuWeight: limits?.cpuWeight ?? 0,
      swapMib: limits?.swapMib ?? 0,
      ioWeight: limits?.ioWeight ?? 0,
      egressKbit: limits?.egressKbit ?? 0,
      diskMib: limits?.diskMib ?? 0,
    },
    encoder: encoderJson(encoder),
    bootProperties,
    labels,
    idlePauseMinutes,
    egressAllow,
    ports: ports.map(({ hostPort, phonePort, protocol }) => ({
      hostPort,
      phonePort,
      protocol: protocolWord(protocol),
    })),
    gamepad,
  };
}

const protocolWord = (protocol: PortProtocol): string =>
  protocol === PortProtocol.PORT_PROTOCOL_UDP ? 'udp' : 'tcp';

function statusJson(status: PhoneStatus) {
  const exit = status.lastExit;
  return {
    stage: word(stageToJSON(status.stage), 'STAGE_'),
    progress: status.progress,
    bootId: status.bootId,
    address: status.address,
    restarts: status.restarts,
    failures: status.failures,
    nextTryAt: time(status.nextTryAtMs),
    lastExit: exit === undefined ? null : { code: exit.code, signal: exit.signal, at: time(exit.atMs) },
    pid1AfterMs: status.pid1AfterMs,
    readyAfterMs: status.readyAfterMs,
    disk: status.diskLimitMib === 0 ? null : { limitMib: status.diskLimitMib, usedMib: status.diskUsedMib },
    updatedAt: time(status.updatedAtMs),
  };
}

export function phoneJson(phone: Phone) {
  return {
    phoneId: phone.phoneId,
    name: phone.name,
    spec: specJson(phone.spec),
    phase: word(phaseToJSON(phone.phase), 'PHASE_'),
    hostId: phone.hostId,
    reason: phone.reason,
    message: phone.message,
    conditions: phone.conditions.map(conditionJson),
    createdAt: time(phone.createdAtMs),
    viewable: phone.viewable,
    viewers: phone.viewers,
    encoder: phone.encoder === undefined ? null : encoderJson(phone.encoder),
    dataFrom: phone.dataFrom,
    status: phone.status === undefined ? null : statusJson(phone.status),
  };
}

function errorJson(error: ErrorDetail) {
  return {
    code: error.code,
    message: error.message,
    ...(error.field === '' ? {} : { field: error.field }),
    ...(error.value === '' ? {} : { value: error.value }),
    ...(error.fix === '' ? {} : { fix: error.fix }),
  };
}

export function operationJson(operation: Operation) {
  return {
    operationId: operation.operationId,
    kind: operation.kind,
    phoneId: operation.phoneId,
    state: word(operationStateToJSON(operation.state), 'OPERATION_STATE_'),
    percent: operation.percent,
    phase: operation.phase,
    bytesDone: operation.bytesDone,
    bytesTotal: operation.bytesTotal,
    result: operation.result,
    error: operation.error === undefined ? null : errorJson(operation.error),
    createdAt: time(operation.createdAtMs),
    deadlineAt: time(operation.deadlineMs),
    endedAt: time(operation.endedAtMs),
  };
}

export function viewerJson(viewer: Viewer) {
  return {
    viewerId: viewer.viewerId,
    token: viewer.token,
    signalUrl: viewer.signalUrl,
    whepUrl: viewer.whepUrl,
    expiresAt: time(viewer.expiresAtMs),
  };
}

function imageJson(image: ImageRecord) {
  return {
    imageId: image.imageId,
    profile: profileWord(image.profile),
    size: image.size,
    androidVersion: image.androidVersion,
    abi: image.abi,
    abis: image.abis,
    source: image.source,
    name: image.name,
    importedAt: time(image.importedAtMs),
    users: image.users,
    has32Bit: image.has32bit,
    refusal: image.refusal === '' ? null : { reason: image.refusal, message: image.refusalMessage },
  };
}

export function uploadJson({ upload, hostId }: HostUpload) {
  const { uploadId, name, size, offset, sha256, complete, expiresAtMs } = upload;
  return { uploadId, hostId, name, size, offset, sha256, complete, expiresAt: time(expiresAtMs) };
}

export function hostImageJson({ image, hostIds }: HostImage) {
  return { image: image === undefined ? null : imageJson(image), hostIds };
}

export function snapshotJson({ snapshot, hostId }: Snapshot) {
  return {
    snapshotId: snapshot?.snapshotId ?? '',
    name: snapshot?.name ?? '',
    phoneId: snapshot?.phoneId ?? '',
    imageId: snapshot?.imageId ?? '',
    profile: profileWord(snapshot?.profile ?? Profile.PROFILE_UNSPECIFIED),
    size: snapshot?.size ?? 0,
    sha256: snapshot?.sha256 ?? '',
    createdAt: time(snapshot?.createdAtMs ?? 0),
    users: snapshot?.users ?? 0,
    hostId,
  };
}

export function hostJson(host: HostRecord) {
  return {
    hostId: host.hostId,
    hostname: host.hostname,
    kernel: host.kernel,
    cpuMillis: host.cpuMillis,
    memoryMib: host.memoryMib,
    capacity: host.capacity,
    phones: host.phones,
    schedulable: host.schedulable,
    profiles: host.profiles.map(profileWord),
    images: host.images.map(imageJson),
    conditions: host.conditions.map(conditionJson),
    selinux: host.selinux,
    lxcfs: host.lxcfs,
    gamepads: host.gamepads,
    refusedProfiles: host.refusedProfiles.map(({ profile, reason, message }) => ({
      profile: profileWord(profile),
      reason,
      message,
    })),
    limits: host.limits.map(({ name, has, phoneNeedsThousandths, phones, why }) => ({
      name,
      has,
      phoneNeeds: phoneNeedsThousandths / 1_000,
      phones,
      why,
    })),
    publicPorts:
      host.publicPorts === undefined
        ? null
        : {
            first: host.publicPorts.first,
            last: host.publicPorts.last,
            taken: host.publicPorts.taken.map(({ phoneId, hostPort, protocol }) => ({
              phoneId,
              hostPort,
              protocol: protocolWord(protocol),
            })),
          },
    labels: host.labels,
    updatedAt: time(host.updatedAtMs),
  };
}
