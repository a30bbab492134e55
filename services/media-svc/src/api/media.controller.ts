import type { ServerDuplexStream } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  CloseViewerRequest,
  CloseViewerResponse,
  CreateWhepRequest,
  CreateWhepResponse,
  DeleteWhepRequest,
  DeleteWhepResponse,
  GetStreamRequest,
  ListStreamsResponse,
  PatchWhepRequest,
  PatchWhepResponse,
  PipeDown,
  PipeUp,
  SignalFrame,
  StreamView,
} from '@ancloud/contracts/media/v1/media';
import { Bus, Lanes } from '@ancloud/bus';
import type { Log } from '@ancloud/kit';
import type { RequestCount } from '../io/request-count.js';
import type { PipeListen } from '../streams/pipe-end.js';
import { Streams } from '../streams/streams.js';
import { WhepSessions } from '../whep/whep-sessions.js';
import { PipeConnection } from './pipe-connection.js';
import { SignalConnection } from './signal-connection.js';

/** Injection token of the service's log. */
export const LOG = Symbol('log');
/** Injection token: where pipes of other media-svcs arrive. */
export const PIPE_LISTEN = Symbol('pipe listen');
/** Injection token: counts what viewers are refused. */
export const REQUEST_COUNT = Symbol('request count');
const SERVICE = 'ancloud.media.v1.MediaService';

/** The gRPC edge: decode, call, encode. */
@Controller()
export class MediaController {
  constructor(
    @Inject(Streams) private readonly streams: Streams,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Lanes) private readonly lanes: Lanes,
    @Inject(LOG) private readonly log: Log,
    @Inject(WhepSessions) private readonly whep: WhepSessions,
    @Inject(PIPE_LISTEN) private readonly pipeListen: PipeListen,
    @Inject(REQUEST_COUNT) private readonly refused: RequestCount,
  ) {}

  @GrpcStreamCall(SERVICE, 'signal')
  signal(call: ServerDuplexStream<SignalFrame, SignalFrame>): void {
    const { bus, lanes, log, refused } = this;
    // Owned by the call: it subscribes to the call's events and ends with it.
    void new SignalConnection(call, this.streams, { bus, lanes, log, refused });
  }

  @GrpcStreamCall(SERVICE, 'openPipe')
  openPipe(call: ServerDuplexStream<PipeUp, PipeDown>): void {
    void new PipeConnection(call, this.streams, this.pipeListen);
  }

  @GrpcMethod(SERVICE, 'createWhep')
  createWhep(request: CreateWhepRequest): Promise<CreateWhepResponse> {
    return this.whep.create(request);
  }

  @GrpcMethod(SERVICE, 'patchWhep')
  patchWhep({ viewerId, ifMatch, fragment }: PatchWhepRequest): Promise<PatchWhepResponse> {
    return this.whep.patch(viewerId, ifMatch, fragment);
  }

  @GrpcMethod(SERVICE, 'deleteWhep')
  deleteWhep({ viewerId }: DeleteWhepRequest): DeleteWhepResponse {
    this.whep.delete(viewerId);
    return {};
  }

  @GrpcMethod(SERVICE, 'getStream')
  getStream(request: GetStreamRequest): Promise<StreamView> {
    return this.streams.get(request.phoneId);
  }

  @GrpcMethod(SERVICE, 'listStreams')
  async listStreams(): Promise<ListStreamsResponse> {
    return { streams: await this.streams.list() };
  }

  @GrpcMethod(SERVICE, 'closeViewer')
  closeViewer(request: CloseViewerRequest): CloseViewerResponse {
    const reason = request.reason === '' ? 'removed' : request.reason;
    this.streams.revokeViewer(request.viewerId, reason);
    this.whep.revoke(request.viewerId, reason);
    return {};
  }
}
