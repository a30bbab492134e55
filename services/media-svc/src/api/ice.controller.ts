import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { TestIceRequest, TestIceResponse } from '@ancloud/contracts/media/v1/media';
import { IceSelfTest } from '../ice/ice-self-test.js';

/** The gRPC edge of the ICE self-test. */
@Controller()
export class IceController {
  constructor(@Inject(IceSelfTest) private readonly test: IceSelfTest) {}

  @GrpcMethod('ancloud.media.v1.MediaService', 'testIce')
  testIce({ servers }: TestIceRequest): Promise<TestIceResponse> {
    return this.test.run(servers);
  }
}
