import type {
  CreateGroupRequest,
  DeleteGroupRequest,
  GetGroupRequest,
  ListGroupsRequest,
  UpdateGroupRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { Metadata } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { GatewayApi } from '../api/gateway-api.js';
import { GATEWAY_SERVICE } from '../api/grpc-service.js';
import { GrpcAuth } from '../auth/grpc-auth.js';

/** gRPC's spelling of what concerns groups. */
@Controller()
export class GroupsGrpcController {
  constructor(
    private readonly api: GatewayApi,
    private readonly auth: GrpcAuth,
  ) {}

  @GrpcMethod(GATEWAY_SERVICE, 'createGroup')
  async createGroup(request: CreateGroupRequest, metadata: Metadata) {
    return this.api.createGroup(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listGroups')
  async listGroups(_request: ListGroupsRequest, metadata: Metadata) {
    return this.api.listGroups(await this.auth.principal(metadata));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'getGroup')
  async getGroup(request: GetGroupRequest, metadata: Metadata) {
    return this.api.getGroup(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'updateGroup')
  async updateGroup(request: UpdateGroupRequest, metadata: Metadata) {
    return this.api.updateGroup(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'deleteGroup')
  async deleteGroup(request: DeleteGroupRequest, metadata: Metadata) {
    await this.api.deleteGroup(await this.auth.principal(metadata), request);
    return {};
  }
}
