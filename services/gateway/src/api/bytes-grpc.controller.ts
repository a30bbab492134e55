import type {
  Chunk,
  ExportSnapshotRequest,
  PhoneLogRequest,
  ReadRecordingRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { InstallAppRequest, InstallAppResponse } from '@ancloud/contracts/session/v1/session';
import { type OutgoingCall, streamOut } from '@ancloud/kit';
import type { Metadata, sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { GrpcAuth } from '../auth/grpc-auth.js';
import { tailDefault } from '../phones/phone-log.js';
import { GatewayApi } from './gateway-api.js';
import { startAndBody } from './grpc-body.js';
import { GATEWAY_SERVICE } from './grpc-service.js';

/** gRPC's spelling of what is larger than a message: files and logs, as streams at their reader's pace. */
@Controller()
export class BytesGrpcController {
  constructor(
    private readonly api: GatewayApi,
    private readonly auth: GrpcAuth,
  ) {}

  @GrpcMethod(GATEWAY_SERVICE, 'phoneLog')
  phoneLog({ phoneId, tail }: PhoneLogRequest, metadata: Metadata, call: OutgoingCall): Observable<Chunk> {
    return chunks(call, async () =>
      this.api.phoneLog(await this.auth.principal(metadata), phoneId, tail === 0 ? tailDefault : tail),
    );
  }

  @GrpcMethod(GATEWAY_SERVICE, 'exportSnapshot')
  exportSnapshot(
    { snapshotId }: ExportSnapshotRequest,
    metadata: Metadata,
    call: OutgoingCall,
  ): Observable<Chunk> {
    return chunks(call, async () => this.api.exportSnapshot(await this.auth.principal(metadata), snapshotId));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'readRecording')
  readRecording(
    { recordingId, index, offset, length }: ReadRecordingRequest,
    metadata: Metadata,
    call: OutgoingCall,
  ): Observable<Chunk> {
    const last = length === 0 ? '' : offset + length - 1;
    const range = offset === 0 && length === 0 ? undefined : `bytes=${offset}-${last}`;
    return chunks(call, async () => {
      const principal = await this.auth.principal(metadata);
      return (await this.api.recordings.read(principal, { recordingId, index, range })).bytes;
    });
  }

  @GrpcStreamCall(GATEWAY_SERVICE, 'installApp')
  async installApp(
    call: ServerReadableStream<InstallAppRequest, InstallAppResponse>,
    answer: sendUnaryData<InstallAppResponse>,
  ): Promise<void> {
    const principal = await this.auth.principal(call.metadata);
    const { start, body } = await startAndBody(call);
    answer(null, await this.api.installApp(principal, { ...start, body }));
  }
}

function chunks(call: OutgoingCall, open: () => Promise<AsyncIterable<Uint8Array>>): Observable<Chunk> {
  return streamOut<Chunk>(call, async (write, signal) => {
    for await (const data of await open()) {
      if (signal.aborted) return;
      await write({ data: Buffer.from(data) });
    }
  });
}
