import { Body, Controller, Get, Param, Patch } from '@nestjs/common';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { hostJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { updateHostBody } from './host-routes.js';

@Controller({ path: 'hosts', version: '1' })
export class HostsController {
  constructor(private readonly api: GatewayApi) {}

  @Get()
  async list(@Caller() caller: Principal) {
    const { hosts } = await this.api.hosts.list(caller);
    return { hosts: hosts.map(hostJson) };
  }

  @Patch(':hostId')
  async update(
    @Caller() caller: Principal,
    @Param('hostId') hostId: string,
    @Body({ schema: updateHostBody }) { schedulable }: z.output<typeof updateHostBody>,
  ) {
    return hostJson(await this.api.hosts.update(caller, { hostId, schedulable }));
  }
}
