import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  ControlView,
  GetControlRequest,
  GetGroupRequest,
  GetMacroStateRequest,
  GrantControlRequest,
  GroupView,
  InjectRequest,
  InjectResponse,
  MacroState,
  PlayMacroRequest,
  RecordMacroRequest,
  RevokeViewerRequest,
  RevokeViewerResponse,
  StopMacroRequest,
  TakeMacroRequest,
  TakeMacroResponse,
} from '@ancloud/contracts/input/v1/input';
import { Phones } from '../phones.js';

const SERVICE = 'ancloud.input.v1.InputService';

/** The gRPC edge: decode, call, encode. */
@Controller()
export class InputController {
  constructor(@Inject(Phones) private readonly phones: Phones) {}

  @GrpcMethod(SERVICE, 'getControl')
  getControl({ phoneId }: GetControlRequest): ControlView {
    return this.phones.control(phoneId);
  }

  @GrpcMethod(SERVICE, 'grantControl')
  grantControl(request: GrantControlRequest): Promise<ControlView> {
    return this.phones.grant(request);
  }

  @GrpcMethod(SERVICE, 'revokeViewer')
  revokeViewer(request: RevokeViewerRequest): Promise<RevokeViewerResponse> {
    return this.phones.revoke(request);
  }

  @GrpcMethod(SERVICE, 'getGroup')
  getGroup({ groupId }: GetGroupRequest): GroupView {
    return this.phones.groups.view(groupId);
  }

  @GrpcMethod(SERVICE, 'recordMacro')
  recordMacro({ phoneId }: RecordMacroRequest): Promise<MacroState> {
    return this.phones.macros.record(phoneId);
  }

  @GrpcMethod(SERVICE, 'takeMacro')
  takeMacro({ phoneId }: TakeMacroRequest): TakeMacroResponse {
    return this.phones.macros.take(phoneId);
  }

  @GrpcMethod(SERVICE, 'playMacro')
  playMacro(request: PlayMacroRequest): Promise<MacroState> {
    return this.phones.macros.play(request);
  }

  @GrpcMethod(SERVICE, 'stopMacro')
  stopMacro({ phoneId }: StopMacroRequest): Promise<MacroState> {
    return this.phones.macros.stop(phoneId);
  }

  @GrpcMethod(SERVICE, 'getMacroState')
  getMacroState({ phoneId }: GetMacroStateRequest): Promise<MacroState> {
    return this.phones.macros.state(phoneId);
  }

  @GrpcMethod(SERVICE, 'inject')
  inject(
    request: InjectRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<InjectRequest, InjectResponse>,
  ): Promise<InjectResponse> {
    const gone = new AbortController();
    // Also when its deadline passes.
    call.on('cancelled', () => gone.abort());
    return this.phones.inject(request, gone.signal);
  }
}
