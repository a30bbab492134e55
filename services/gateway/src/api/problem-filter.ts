import type { Log } from '@ancloud/kit';
import { toGrpcError } from '@ancloud/kit';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { throwError } from 'rxjs';
import { sendProblem } from './problem.js';

/** What controllers throw: a problem on REST, a status with detail on gRPC. */
@Catch()
export class EdgeErrorFilter implements ExceptionFilter {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() === 'rpc') return throwError(() => toGrpcError(error));
    sendProblem(host.switchToHttp().getResponse<FastifyReply>(), error, this.#log);
    return undefined;
  }
}
