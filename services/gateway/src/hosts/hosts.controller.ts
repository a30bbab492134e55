import { Controller, Get } from '@nestjs/common';
import { GatewayApi } from '../api/gateway-api.js';
import { hostJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';

@Controller({ path: 'hosts', version: '1' })
export class HostsController {
  constructor(private readonly api: GatewayApi) {}

  @Get()
  async list(@Caller() caller: Principal) {
    const { hosts } = await this.api.listHosts(caller);
    return { hosts: hosts.map(hostJson) };
  }
}
