import { type ImageSource, Profile } from '@ancloud/contracts/common/v1/common';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { hostImageJson, operationJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { type imageSource, importImageBody, removeImageQuery } from './image-routes.js';

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
    const sources = body.sources.map(sourceOf);
    return operationJson(
      await this.api.importImage(caller, { hostId, path, name, profile: chosen, sources }),
    );
  }

  @Delete(':imageId')
  @HttpCode(204)
  async remove(
    @Caller() caller: Principal,
    @Param('imageId') imageId: string,
    @Query({ schema: removeImageQuery }) { hostId }: z.output<typeof removeImageQuery>,
  ): Promise<void> {
    await this.api.removeImage(caller, { imageId, hostId });
  }
}

function sourceOf(source: z.output<typeof imageSource>): ImageSource {
  if ('path' in source) return { source: { $case: 'path', value: source.path }, sha256: source.sha256 ?? '' };
  if ('uploadId' in source)
    return { source: { $case: 'uploadId', value: source.uploadId }, sha256: source.sha256 ?? '' };
  return { source: { $case: 'reference', value: source.reference }, sha256: '' };
}
