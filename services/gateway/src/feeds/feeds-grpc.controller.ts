import type {
  CreateFeedRequest,
  EndFeedRequest,
  EndFeedResponse,
  ListFeedsRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { Metadata } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { GatewayApi } from '../api/gateway-api.js';
import { GATEWAY_SERVICE } from '../api/grpc-service.js';
import { GrpcAuth } from '../auth/grpc-auth.js';

/** gRPC's spelling of `Feeds`. */
@Controller()
export class FeedsGrpcController {
  constructor(
    private readonly api: GatewayApi,
    private readonly auth: GrpcAuth,
  ) {}

  @GrpcMethod(GATEWAY_SERVICE, 'createFeed')
  async create(request: CreateFeedRequest, metadata: Metadata) {
    return this.api.feeds.create(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listFeeds')
  async list(request: ListFeedsRequest, metadata: Metadata) {
    return this.api.feeds.list(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'endFeed')
  async end(request: EndFeedRequest, metadata: Metadata): Promise<EndFeedResponse> {
    await this.api.feeds.end(await this.auth.principal(metadata), request);
    return {};
  }
}
