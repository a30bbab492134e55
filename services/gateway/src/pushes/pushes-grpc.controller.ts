import type {
  ListPushesRequest,
  StartPushRequest,
  StopPushRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { Metadata } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { GatewayApi } from '../api/gateway-api.js';
import { type Cancellable, cancelSignal } from '../api/grpc-cancel.js';
import { GATEWAY_SERVICE } from '../api/grpc-service.js';
import { GrpcAuth } from '../auth/grpc-auth.js';

/** gRPC's spelling of `Pushes`. */
@Controller()
export class PushesGrpcController {
  constructor(
    private readonly api: GatewayApi,
    private readonly auth: GrpcAuth,
  ) {}

  @GrpcMethod(GATEWAY_SERVICE, 'startPush')
  async start(request: StartPushRequest, metadata: Metadata, call: Cancellable) {
    return this.api.pushes.start(await this.auth.principal(metadata), request, cancelSignal(call));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'stopPush')
  async stop(request: StopPushRequest, metadata: Metadata) {
    return this.api.pushes.stop(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listPushes')
  async list(request: ListPushesRequest, metadata: Metadata) {
    return this.api.pushes.list(await this.auth.principal(metadata), request);
  }
}
