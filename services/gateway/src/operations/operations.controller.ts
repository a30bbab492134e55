import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { goneSignal } from '../api/gone-signal.js';
import { operationJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { waitQuery } from './operation-schemas.js';

@Controller({ path: 'operations', version: '1' })
export class OperationsController {
  constructor(private readonly api: GatewayApi) {}

  @Get(':operationId')
  async get(@Caller() caller: Principal, @Param('operationId') operationId: string) {
    return operationJson(await this.api.getOperation(caller, operationId));
  }

  @Get(':operationId/wait')
  async wait(
    @Caller() caller: Principal,
    @Param('operationId') operationId: string,
    @Query({ schema: waitQuery }) query: z.output<typeof waitQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = { operationId, timeoutMs: query.timeoutMs };
    return operationJson(await this.api.waitOperation(caller, request, goneSignal(reply)));
  }
}
