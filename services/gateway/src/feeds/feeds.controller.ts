import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { createFeedBody, feedJson, listFeedsQuery, newFeedJson } from './feed-routes.js';

@Controller({ version: '1' })
export class FeedsController {
  constructor(private readonly api: GatewayApi) {}

  @Post('phones/:phoneId/feeds')
  @HttpCode(201)
  async create(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: createFeedBody }) { ttlSeconds }: z.output<typeof createFeedBody>,
  ) {
    return newFeedJson(await this.api.feeds.create(caller, { phoneId, ttlSeconds }));
  }

  @Get('feeds')
  async list(
    @Caller() caller: Principal,
    @Query({ schema: listFeedsQuery }) { phoneId }: z.output<typeof listFeedsQuery>,
  ) {
    const { feeds } = await this.api.feeds.list(caller, { phoneId });
    return { feeds: feeds.map(feedJson) };
  }

  @Delete('feeds/:feedId')
  @HttpCode(204)
  async end(@Caller() caller: Principal, @Param('feedId') feedId: string): Promise<void> {
    await this.api.feeds.end(caller, { feedId });
  }
}
