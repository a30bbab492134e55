import type {
  DeleteRecordingRequest,
  GetRecordingRequest,
  ListRecordingsRequest,
  StartRecordingRequest,
  StopRecordingRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { Metadata } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { GatewayApi } from '../api/gateway-api.js';
import { type Cancellable, cancelSignal } from '../api/grpc-cancel.js';
import { GATEWAY_SERVICE } from '../api/grpc-service.js';
import { GrpcAuth } from '../auth/grpc-auth.js';

/** gRPC's spelling of `Recordings`. */
@Controller()
export class RecordingsGrpcController {
  constructor(
    private readonly api: GatewayApi,
    private readonly auth: GrpcAuth,
  ) {}

  @GrpcMethod(GATEWAY_SERVICE, 'startRecording')
  async start(request: StartRecordingRequest, metadata: Metadata, call: Cancellable) {
    return this.api.recordings.start(await this.auth.principal(metadata), request, cancelSignal(call));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'stopRecording')
  async stop(request: StopRecordingRequest, metadata: Metadata) {
    return this.api.recordings.stop(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listRecordings')
  async list(request: ListRecordingsRequest, metadata: Metadata) {
    return this.api.recordings.list(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'getRecording')
  async get(request: GetRecordingRequest, metadata: Metadata) {
    return this.api.recordings.get(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'deleteRecording')
  async delete(request: DeleteRecordingRequest, metadata: Metadata) {
    return this.api.recordings.delete(await this.auth.principal(metadata), request);
  }
}
