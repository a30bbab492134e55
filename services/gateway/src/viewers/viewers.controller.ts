import { Role } from '@ancloud/contracts/common/v1/common';
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { viewerJson } from '../api/public-json.js';
import { upgradeRequired } from '../api/upgrade-required.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { createViewerBody } from './viewer-routes.js';

const roles = { watch: Role.ROLE_WATCH, control: Role.ROLE_CONTROL } as const;

@Controller({ version: '1' })
export class ViewersController {
  constructor(private readonly api: GatewayApi) {}

  @Post('phones/:phoneId/viewers')
  async create(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: createViewerBody }) body: z.output<typeof createViewerBody>,
  ) {
    const { role, ttlSeconds } = body;
    return viewerJson(await this.api.createViewer(caller, { phoneId, role: roles[role], ttlSeconds }));
  }

  @Get('signal')
  signal(): never {
    throw upgradeRequired('/v1/signal');
  }
}
