import type { WriteUploadRequest } from '@ancloud/contracts/container/v1/container';
import type {
  CreateUploadRequest,
  GetUploadRequest,
  ListUploadsRequest,
  RemoveUploadRequest,
  Upload,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { Metadata, sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { GatewayApi } from '../api/gateway-api.js';
import { startAndBody } from '../api/grpc-body.js';
import { GATEWAY_SERVICE } from '../api/grpc-service.js';
import { GrpcAuth } from '../auth/grpc-auth.js';

/** gRPC's spelling of `Uploads`. */
@Controller()
export class UploadsGrpcController {
  constructor(
    private readonly api: GatewayApi,
    private readonly auth: GrpcAuth,
  ) {}

  @GrpcMethod(GATEWAY_SERVICE, 'createUpload')
  async create(request: CreateUploadRequest, metadata: Metadata) {
    return this.api.uploads.create(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listUploads')
  async list(_request: ListUploadsRequest, metadata: Metadata) {
    return { uploads: await this.api.uploads.list(await this.auth.principal(metadata)) };
  }

  @GrpcMethod(GATEWAY_SERVICE, 'getUpload')
  async get({ uploadId }: GetUploadRequest, metadata: Metadata) {
    return this.api.uploads.get(await this.auth.principal(metadata), uploadId);
  }

  @GrpcStreamCall(GATEWAY_SERVICE, 'writeUpload')
  async write(
    call: ServerReadableStream<WriteUploadRequest, Upload>,
    answer: sendUnaryData<Upload>,
  ): Promise<void> {
    const principal = await this.auth.principal(call.metadata);
    const { start, body } = await startAndBody(call);
    answer(null, await this.api.uploads.write(principal, start.uploadId, start.offset, body));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'removeUpload')
  async remove({ uploadId }: RemoveUploadRequest, metadata: Metadata) {
    await this.api.uploads.remove(await this.auth.principal(metadata), uploadId);
    return {};
  }
}
