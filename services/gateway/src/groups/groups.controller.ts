import type { GroupJitter } from '@ancloud/contracts/state/v1/state';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { groupJson, groupStateJson } from './group-json.js';
import { createGroupBody, updateGroupBody } from './group-routes.js';

@Controller({ path: 'groups', version: '1' })
export class GroupsController {
  constructor(private readonly api: GatewayApi) {}

  @Post()
  @HttpCode(201)
  async create(
    @Caller() caller: Principal,
    @Body({ schema: createGroupBody }) { jitter, ...body }: z.output<typeof createGroupBody>,
  ) {
    return groupJson(await this.api.createGroup(caller, { ...body, jitter: jitterOf(jitter) }));
  }

  @Get()
  async list(@Caller() caller: Principal) {
    const { groups } = await this.api.listGroups(caller);
    return { groups: groups.map(groupJson) };
  }

  @Get(':groupId')
  async get(@Caller() caller: Principal, @Param('groupId') groupId: string) {
    return groupStateJson(await this.api.getGroup(caller, { groupId }));
  }

  @Patch(':groupId')
  async update(
    @Caller() caller: Principal,
    @Param('groupId') groupId: string,
    @Body({ schema: updateGroupBody })
    { phoneIds, exclude, jitter, ...body }: z.output<typeof updateGroupBody>,
  ) {
    return groupJson(
      await this.api.updateGroup(caller, {
        ...body,
        groupId,
        phoneIds: phoneIds === undefined ? undefined : { phoneIds },
        exclude: exclude === undefined ? undefined : { phoneIds: exclude },
        jitter: jitterOf(jitter),
      }),
    );
  }

  @Delete(':groupId')
  @HttpCode(204)
  async delete(@Caller() caller: Principal, @Param('groupId') groupId: string): Promise<void> {
    await this.api.deleteGroup(caller, { groupId });
  }
}

function jitterOf(
  jitter: { readonly place: number; readonly delayMs: number } | undefined,
): GroupJitter | undefined {
  return jitter && { placePermille: Math.round(jitter.place * 1_000), delayMs: jitter.delayMs };
}
