import { roleOf } from '@ancloud/contracts';
import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { phoneViewerJson } from '../api/control-json.js';
import { GatewayApi } from '../api/gateway-api.js';
import { viewerJson } from '../api/public-json.js';
import { upgradeRequired } from '../api/upgrade-required.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { createViewerBody } from './viewer-routes.js';

@Controller({ version: '1' })
export class ViewersController {
  constructor(private readonly api: GatewayApi) {}

  @Post('phones/:phoneId/viewers')
  async create(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: createViewerBody }) body: z.output<typeof createViewerBody>,
  ) {
    const { role, ttlSeconds, region, name, layer } = body;
    return viewerJson(
      await this.api.createViewer(caller, { phoneId, role: roleOf(role), ttlSeconds, region, name, layer }),
    );
  }

  @Get('phones/:phoneId/viewers')
  async list(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    const { viewers } = await this.api.listViewers(caller, { phoneId });
    return { viewers: viewers.map(phoneViewerJson) };
  }

  @Delete('viewers/:viewerId')
  revoke(@Caller() caller: Principal, @Param('viewerId') viewerId: string) {
    return this.api.revokeViewer(caller, { viewerId });
  }

  @Get('signal')
  signal(): never {
    throw upgradeRequired('/v1/signal');
  }
}
