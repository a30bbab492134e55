import { Controller, Get } from '@nestjs/common';
import { GatewayApi } from '../api/gateway-api.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { mediaServiceJson } from './list-media-services.js';

@Controller({ path: 'media-services', version: '1' })
export class MediaServicesController {
  constructor(private readonly api: GatewayApi) {}

  @Get()
  async list(@Caller() caller: Principal) {
    const { mediaServices } = await this.api.listMediaServices(caller);
    return { mediaServices: mediaServices.map(mediaServiceJson) };
  }
}
