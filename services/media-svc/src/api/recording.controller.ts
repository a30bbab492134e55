import fs from 'node:fs';
import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  DeleteRecordingRequest,
  DeleteRecordingResponse,
  ListRecordingsRequest,
  ListRecordingsResponse,
  ReadRecordingRequest,
  RecordingChunk,
  StartRecordingRequest,
  StopRecordingRequest,
} from '@ancloud/contracts/media/v1/media';
import type { RecordingRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type OutgoingCall, streamOut } from '@ancloud/kit';
import type { Observable } from 'rxjs';
import type { Recordings } from '../copies/recordings.js';

/** Injection token: the recordings, or undefined where none are kept. */
export const RECORDINGS = Symbol('recordings');
const SERVICE = 'ancloud.media.v1.MediaService';
const PIECE = 256 * 1024;

/** The gRPC edge of recordings: decode, call, encode. */
@Controller()
export class RecordingController {
  constructor(@Inject(RECORDINGS) private readonly recordings: { readonly here: Recordings | undefined }) {}

  @GrpcMethod(SERVICE, 'startRecording')
  startRecording(
    request: StartRecordingRequest,
    _: Metadata,
    call: { readonly cancelled: boolean },
  ): Promise<RecordingRecord> {
    return this.#here.start(request, () => call.cancelled);
  }

  @GrpcMethod(SERVICE, 'stopRecording')
  stopRecording({ recordingId }: StopRecordingRequest): Promise<RecordingRecord> {
    return this.#here.stop(recordingId);
  }

  @GrpcMethod(SERVICE, 'listRecordings')
  listRecordings({ recordingId }: ListRecordingsRequest): ListRecordingsResponse {
    return { recordings: this.recordings.here?.list(recordingId) ?? [] };
  }

  @GrpcMethod(SERVICE, 'deleteRecording')
  async deleteRecording({ recordingId }: DeleteRecordingRequest): Promise<DeleteRecordingResponse> {
    await this.#here.delete(recordingId);
    return {};
  }

  @GrpcMethod(SERVICE, 'readRecording')
  readRecording(
    { recordingId, file, offset, length }: ReadRecordingRequest,
    _: Metadata,
    call: OutgoingCall,
  ): Observable<RecordingChunk> {
    return streamOut<RecordingChunk>(call, async (write, signal) => {
      const path = this.#here.file(recordingId, file);
      if (length === 0) return;
      const bytes = fs.createReadStream(path, {
        start: offset,
        end: offset + length - 1,
        highWaterMark: PIECE,
      });
      for await (const data of bytes) {
        if (signal.aborted) return;
        await write({ data: data as Buffer });
      }
    });
  }

  get #here(): Recordings {
    const { here } = this.recordings;
    if (here !== undefined) return here;
    throw new AppError('UNAVAILABLE', 'this media-svc records nothing', {
      field: 'ANCLOUD_RECORDINGS_DIR',
      fix: 'give media-svc a folder for recordings',
    });
  }
}
