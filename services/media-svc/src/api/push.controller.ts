import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  ListPushesResponse,
  StartPushRequest,
  StopPushRequest,
} from '@ancloud/contracts/media/v1/media';
import type { PushRecord } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import type { Pushes } from '../copies/pushes.js';

/** Injection token: the pushes, or undefined where nothing is pushed. */
export const PUSHES = Symbol('pushes');
const SERVICE = 'ancloud.media.v1.MediaService';

/** The gRPC edge of pushes: decode, call, encode. */
@Controller()
export class PushController {
  constructor(@Inject(PUSHES) private readonly pushes: { readonly here: Pushes | undefined }) {}

  @GrpcMethod(SERVICE, 'startPush')
  startPush(
    request: StartPushRequest,
    _: Metadata,
    call: { readonly cancelled: boolean },
  ): Promise<PushRecord> {
    return this.#here.start(request, () => call.cancelled);
  }

  @GrpcMethod(SERVICE, 'stopPush')
  stopPush({ pushId }: StopPushRequest): Promise<PushRecord> {
    return this.#here.stop(pushId);
  }

  @GrpcMethod(SERVICE, 'listPushes')
  listPushes(): ListPushesResponse {
    return { pushes: this.pushes.here?.list() ?? [] };
  }

  get #here(): Pushes {
    const { here } = this.pushes;
    if (here !== undefined) return here;
    throw new AppError('UNAVAILABLE', 'this media-svc pushes nothing', {
      field: 'ANCLOUD_PUSHES_DIR',
      fix: 'give media-svc a folder for pushes',
    });
  }
}
