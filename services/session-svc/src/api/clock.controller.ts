import type { ReadClockResponse } from '@ancloud/contracts/session/v1/session';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { hostClock } from '../io/host-clock.js';

/** The one question of SessionService that is of no phone. */
@Controller()
export class ClockController {
  @GrpcMethod('ancloud.session.v1.SessionService', 'readClock')
  readClock(): ReadClockResponse {
    return { monotonicMs: hostClock.monotonicUs() / 1_000 };
  }
}
