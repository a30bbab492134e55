import { Profile } from '@ancloud/contracts/common/v1/common';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { hostImageJson, operationJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { importImageBody } from './image-routes.js';

const profiles = {
  redroid: Profile.PROFILE_REDROID,
  reference: Profile.PROFILE_REFERENCE,
  waydroid: Profile.PROFILE_WAYDROID,
  anbox: Profile.PROFILE_ANBOX,
  stock: Profile.PROFILE_STOCK,
} as const;

@Controller({ path: 'images', version: '1' })
export class ImagesController {
  constructor(private readonly api: GatewayApi) {}

  @Get()
  async list(@Caller() caller: Principal) {
    const { images } = await this.api.listImages(caller);
    return { images: images.map(hostImageJson) };
  }

  @Post()
  @HttpCode(202)
  async import(
    @Caller() caller: Principal,
    @Body({ schema: importImageBody }) body: z.output<typeof importImageBody>,
  ) {
    const { hostId, path, name, profile } = body;
    const chosen = profile === undefined ? Profile.PROFILE_UNSPECIFIED : profiles[profile];
    return operationJson(await this.api.importImage(caller, { hostId, path, name, profile: chosen }));
  }
}
