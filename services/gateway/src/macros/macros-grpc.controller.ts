import type {
  CreateMacroRequest,
  DeleteMacroRequest,
  DiscardMacroRequest,
  GetMacroRequest,
  GetMacroStateRequest,
  ListMacrosRequest,
  PlayMacroRequest,
  RecordMacroRequest,
  SaveMacroRequest,
  StopMacroRequest,
  UpdateMacroRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { Metadata } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { GatewayApi } from '../api/gateway-api.js';
import { GATEWAY_SERVICE } from '../api/grpc-service.js';
import { GrpcAuth } from '../auth/grpc-auth.js';

/** gRPC's spelling of `Macros`. */
@Controller()
export class MacrosGrpcController {
  constructor(
    private readonly api: GatewayApi,
    private readonly auth: GrpcAuth,
  ) {}

  @GrpcMethod(GATEWAY_SERVICE, 'createMacro')
  async create(request: CreateMacroRequest, metadata: Metadata) {
    return this.api.macros.create(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listMacros')
  async list(_request: ListMacrosRequest, metadata: Metadata) {
    return this.api.macros.list(await this.auth.principal(metadata));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'getMacro')
  async get(request: GetMacroRequest, metadata: Metadata) {
    return this.api.macros.get(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'updateMacro')
  async update(request: UpdateMacroRequest, metadata: Metadata) {
    return this.api.macros.update(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'deleteMacro')
  async delete(request: DeleteMacroRequest, metadata: Metadata) {
    await this.api.macros.delete(await this.auth.principal(metadata), request);
    return {};
  }

  @GrpcMethod(GATEWAY_SERVICE, 'recordMacro')
  async record(request: RecordMacroRequest, metadata: Metadata) {
    return this.api.macros.record(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'saveMacro')
  async save(request: SaveMacroRequest, metadata: Metadata) {
    return this.api.macros.save(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'discardMacro')
  async discard(request: DiscardMacroRequest, metadata: Metadata) {
    return this.api.macros.discard(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'playMacro')
  async play(request: PlayMacroRequest, metadata: Metadata) {
    return this.api.macros.play(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'stopMacro')
  async stop(request: StopMacroRequest, metadata: Metadata) {
    return this.api.macros.stop(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'getMacroState')
  async state(request: GetMacroStateRequest, metadata: Metadata) {
    return this.api.macros.state(await this.auth.principal(metadata), request);
  }
}
