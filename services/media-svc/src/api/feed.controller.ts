import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CreateWhipRequest,
  CreateWhipResponse,
  DeleteWhipRequest,
  DeleteWhipResponse,
  ListFeedsResponse,
  PatchWhipRequest,
  PatchWhipResponse,
} from '@ancloud/contracts/media/v1/media';
import { Feeds } from '../feeds/feeds.js';

const SERVICE = 'ancloud.media.v1.MediaService';

/** The gRPC edge of feeds: decode, call, encode. */
@Controller()
export class FeedController {
  constructor(@Inject(Feeds) private readonly feeds: Feeds) {}

  @GrpcMethod(SERVICE, 'createWhip')
  createWhip(
    request: CreateWhipRequest,
    _: Metadata,
    call: { readonly cancelled: boolean },
  ): Promise<CreateWhipResponse> {
    return this.feeds.create(request, () => call.cancelled);
  }

  @GrpcMethod(SERVICE, 'patchWhip')
  patchWhip({ ifMatch, fragment, ...session }: PatchWhipRequest): Promise<PatchWhipResponse> {
    return this.feeds.patch(session, ifMatch, fragment);
  }

  @GrpcMethod(SERVICE, 'deleteWhip')
  deleteWhip(session: DeleteWhipRequest): DeleteWhipResponse {
    this.feeds.delete(session);
    return {};
  }

  @GrpcMethod(SERVICE, 'listFeeds')
  async listFeeds(): Promise<ListFeedsResponse> {
    return { feeds: await this.feeds.list() };
  }
}
