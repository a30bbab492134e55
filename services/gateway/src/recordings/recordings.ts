import type {
  DeleteRecordingRequest,
  DeleteRecordingResponse,
  GetRecordingRequest,
  ListRecordingsRequest,
  ListRecordingsResponse,
  StartRecordingRequest,
  StopRecordingRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import type { RecordingFile, RecordingRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type ClientPool } from '@ancloud/kit';
import type { Lease } from '@ancloud/state';
import { newId } from '../api/ids.js';
import { primed } from '../api/primed.js';
import type { Principal } from '../auth/principal.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import { type MediaFinding, reachMedia } from '../signal/reach-media.js';
import { type ByteRange, readRange } from './core/byte-range.js';
import type { RecordingAccess } from './recording-access.js';
import { startedElsewhere } from './recording-turn.js';

/** A cold stream starts a video server on the phone first; then the first picture is waited for, for 10 s. */
const START_MS = 30_000;
/** ffmpeg has 10 s to complete a file. */
const STOP_MS = 20_000;
/** Gigabytes on a slow line. */
const READ_MS = 60 * 60_000;

export interface RecordingParts extends MediaFinding {
  readonly access: PhoneAccess;
  readonly recordings: RecordingAccess;
  readonly medias: ClientPool<typeof MediaServiceClient.service>;
  /** To start one; whoever is given it releases it. Errors: RECORDING_RUNNING, UNAVAILABLE_STATE. */
  readonly turn: (phoneId: string, recordingId: string) => Promise<Pick<Lease, 'held' | 'release'>>;
}

/** Bytes of a file, and where in it they stand. */
export interface RecordingBytes {
  readonly file: RecordingFile;
  /** Undefined: all of it was asked for. */
  readonly range: ByteRange | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Recordings of the caller's phones; the media-svc of the phone's stream makes and keeps each. */
export class Recordings {
  readonly #parts: RecordingParts;

  constructor(parts: RecordingParts) {
    this.#parts = parts;
  }

  /** Errors: PHONE_NOT_FOUND, RECORDING_RUNNING, SESSION_NOT_FOUND, STREAM_FAILED, DISK_FULL, EXEC_FAILED, CAPACITY, UNAVAILABLE. */
  async start(
    principal: Principal,
    { phoneId }: StartRecordingRequest,
    signal: AbortSignal,
  ): Promise<RecordingRecord> {
    const { access, medias, recordings } = this.#parts;
    const { desired } = await access.load(principal, phoneId);
    // One id over all tries: one that was begun, and whose answer was lost, is begun already.
    const request = { recordingId: newId('rc'), phoneId, owner: desired.owner };
    const turn = await this.#parts.turn(phoneId, request.recordingId);
    try {
      await recordings.requireIdle(phoneId);
      if (!turn.held) throw startedElsewhere(phoneId, request.recordingId);
      return await reachMedia(this.#parts, phoneId, signal, (address) =>
        medias.get(address).startRecording(request, { deadlineMs: START_MS, retries: 0 }),
      );
    } finally {
      await turn.release();
    }
  }

  /** Newest first. Errors: UNAVAILABLE when a media-svc of the farm does not answer. */
  async list(principal: Principal, { phoneId }: ListRecordingsRequest): Promise<ListRecordingsResponse> {
    const found = (await this.#parts.recordings.list(principal)).map(({ what }) => what);
    return { recordings: phoneId === '' ? found : found.filter((one) => one.phoneId === phoneId) };
  }

  /** Errors: RECORDING_NOT_FOUND, UNAVAILABLE. */
  async get(principal: Principal, { recordingId }: GetRecordingRequest): Promise<RecordingRecord> {
    return (await this.#parts.recordings.load(principal, recordingId)).what;
  }

  /** Its files are complete when this returns. Errors: RECORDING_NOT_FOUND, UNAVAILABLE. */
  async stop(principal: Principal, { recordingId }: StopRecordingRequest): Promise<RecordingRecord> {
    const { recordings, medias } = this.#parts;
    const { address } = await recordings.load(principal, recordingId);
    return medias.get(address).stopRecording({ recordingId }, { deadlineMs: STOP_MS });
  }

  /** It is gone when this returns. Errors: RECORDING_NOT_FOUND, UNAVAILABLE. */
  async delete(
    principal: Principal,
    { recordingId }: DeleteRecordingRequest,
  ): Promise<DeleteRecordingResponse> {
    const { recordings, medias } = this.#parts;
    const { address } = await recordings.load(principal, recordingId);
    return medias.get(address).deleteRecording({ recordingId }, { deadlineMs: STOP_MS });
  }

  /**
   * A file, or the part of it that a Range header asks for; of one that is being written what it has now. REST only, as all that is a
   * stream of bytes. Errors: RECORDING_NOT_FOUND, RANGE_INVALID, UNAVAILABLE.
   */
  async read(
    principal: Principal,
    wanted: { readonly recordingId: string; readonly index: number; readonly range: string | undefined },
  ): Promise<RecordingBytes> {
    const { recordings, medias } = this.#parts;
    const { recordingId, index } = wanted;
    const { what: recording, address } = await recordings.load(principal, recordingId);
    const file = recording.files.find((one) => one.index === index);
    if (file === undefined)
      throw new AppError('RECORDING_NOT_FOUND', `the recording ${recordingId} has no file ${index}`, {
        field: 'file',
        value: String(index),
        fix: `it has ${recording.files.map((one) => one.index).join(', ') || 'none yet'}`,
      });
    const range = readRange(wanted.range, file.size);
    const { offset, length } = range ?? { offset: 0, length: file.size };
    const call = medias
      .get(address)
      .readRecording({ recordingId, file: index, offset, length }, { deadlineMs: READ_MS });
    return { file, range, bytes: await primed(call) };
  }
}
