import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { goneSignal } from '../api/gone-signal.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { listPushesQuery, pushJson, startPushBody } from './push-routes.js';

@Controller({ version: '1' })
export class PushesController {
  constructor(private readonly api: GatewayApi) {}

  @Post('phones/:phoneId/pushes')
  @HttpCode(201)
  async start(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: startPushBody }) { url, token }: z.output<typeof startPushBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return pushJson(await this.api.pushes.start(caller, { phoneId, url, token }, goneSignal(reply)));
  }

  @Get('pushes')
  async list(
    @Caller() caller: Principal,
    @Query({ schema: listPushesQuery }) { phoneId }: z.output<typeof listPushesQuery>,
  ) {
    const { pushes } = await this.api.pushes.list(caller, { phoneId });
    return { pushes: pushes.map(pushJson) };
  }

  @Delete('pushes/:pushId')
  async stop(@Caller() caller: Principal, @Param('pushId') pushId: string) {
    return pushJson(await this.api.pushes.stop(caller, { pushId }));
  }
}
