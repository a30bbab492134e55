import { asAppError, toGrpcError } from '@ancloud/kit';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { throwError } from 'rxjs';
import type { Problems } from './problem.js';

/** What controllers throw: a problem on REST, a status with detail on gRPC. */
@Catch()
export class EdgeErrorFilter implements ExceptionFilter {
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() === 'rpc') {
      this.#problems.count('grpc', asAppError(error));
      return throwError(() => toGrpcError(error));
    }
    this.#problems.send(host.switchToHttp().getResponse<FastifyReply>(), error);
    return undefined;
  }
}
