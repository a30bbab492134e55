import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { controlAuditJson, controlJson } from '../api/control-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { auditQuery, grantControlBody } from './control-routes.js';

@Controller({ path: 'phones/:phoneId/control', version: '1' })
export class ControlController {
  constructor(private readonly api: GatewayApi) {}

  @Get()
  async get(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return controlJson(await this.api.getControl(caller, { phoneId }));
  }

  @Post()
  @HttpCode(200)
  async grant(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: grantControlBody }) { viewerId }: z.output<typeof grantControlBody>,
  ) {
    return controlJson(await this.api.grantControl(caller, { phoneId, viewerId }));
  }

  @Get('audit')
  async audit(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Query({ schema: auditQuery }) { limit }: z.output<typeof auditQuery>,
  ) {
    const { lines } = await this.api.listControlAudit(caller, { phoneId, limit });
    return { lines: lines.map(controlAuditJson) };
  }
}
