import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  GetControlRequest,
  GrantControlRequest,
  ViewerGoneRequest,
  ViewerGoneResponse,
} from '@ancloud/contracts/input/v1/input';
import type { ControlRecord } from '@ancloud/contracts/state/v1/state';
import { Phones } from '../phones.js';

const SERVICE = 'ancloud.input.v1.InputService';

/** The gRPC edge: decode, call, encode. */
@Controller()
export class InputController {
  constructor(@Inject(Phones) private readonly phones: Phones) {}

  @GrpcMethod(SERVICE, 'getControl')
  getControl(request: GetControlRequest): ControlRecord {
    return this.phones.control(request.phoneId);
  }

  @GrpcMethod(SERVICE, 'grantControl')
  grantControl(request: GrantControlRequest): Promise<ControlRecord> {
    return this.phones.grant(request.phoneId, request.viewerId);
  }

  @GrpcMethod(SERVICE, 'viewerGone')
  viewerGone(request: ViewerGoneRequest): ViewerGoneResponse {
    this.phones.viewerGone(request.phoneId, request.viewerId);
    return {};
  }
}
