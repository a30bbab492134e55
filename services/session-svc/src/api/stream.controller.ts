import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  AttachLowRequest,
  AttachLowResponse,
  AttachStreamRequest,
  AttachStreamResponse,
  DetachLowRequest,
  DetachLowResponse,
  DetachStreamRequest,
  DetachStreamResponse,
  RestMainRequest,
  RestMainResponse,
  RunMainRequest,
  RunMainResponse,
} from '@ancloud/contracts/session/v1/session';
import { attachLow, attachStream, runMain } from '../actions/attach-stream.js';
import { Sessions } from '../io/sessions.js';
import { during } from './calls.js';

const SERVICE = 'ancloud.session.v1.SessionService';

/** What media-svc asks of SessionService: where a phone's picture goes, and which of it. */
@Controller()
export class StreamController {
  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  @GrpcMethod(SERVICE, 'attachStream')
  attachStream(
    request: AttachStreamRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<AttachStreamRequest, AttachStreamResponse>,
  ): Promise<AttachStreamResponse> {
    const session = this.sessions.get(request.phoneId);
    return during(call, (signal) => attachStream(session, request, signal));
  }

  @GrpcMethod(SERVICE, 'detachStream')
  detachStream({ phoneId, fence }: DetachStreamRequest): DetachStreamResponse {
    this.sessions.get(phoneId).streams.detach(fence);
    return {};
  }

  @GrpcMethod(SERVICE, 'runMain')
  runMain(
    request: RunMainRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<RunMainRequest, RunMainResponse>,
  ): Promise<RunMainResponse> {
    const session = this.sessions.get(request.phoneId);
    return during(call, (signal) => runMain(session, request, signal));
  }

  @GrpcMethod(SERVICE, 'restMain')
  restMain({ phoneId, fence }: RestMainRequest): RestMainResponse {
    this.sessions.get(phoneId).streams.restMain(fence);
    return {};
  }

  @GrpcMethod(SERVICE, 'attachLow')
  attachLow(
    request: AttachLowRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<AttachLowRequest, AttachLowResponse>,
  ): Promise<AttachLowResponse> {
    const session = this.sessions.get(request.phoneId);
    return during(call, (signal) => attachLow(session, request, signal));
  }

  @GrpcMethod(SERVICE, 'detachLow')
  detachLow({ phoneId, fence }: DetachLowRequest): DetachLowResponse {
    this.sessions.get(phoneId).streams.low.detach(fence);
    return {};
  }
}
