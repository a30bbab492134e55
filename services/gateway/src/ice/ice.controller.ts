import { Controller, Get } from '@nestjs/common';
import { GatewayApi } from '../api/gateway-api.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { iceSelfTestJson } from './ice-routes.js';

@Controller({ path: 'ice', version: '1' })
export class IceController {
  constructor(private readonly api: GatewayApi) {}

  @Get('self-test')
  async selfTest(@Caller() caller: Principal) {
    return iceSelfTestJson(await this.api.testIce(caller));
  }
}
