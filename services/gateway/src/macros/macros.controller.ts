import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { macroJson, macroLineJson, macroStateJson } from './macro-json.js';
import { createMacroBody, playMacroBody, saveMacroBody, updateMacroBody } from './macro-routes.js';
import { macroOf } from './macro-schemas.js';

@Controller({ version: '1' })
export class MacrosController {
  constructor(private readonly api: GatewayApi) {}

  @Post('macros')
  @HttpCode(201)
  async create(
    @Caller() caller: Principal,
    @Body({ schema: createMacroBody }) { name, steps }: z.output<typeof createMacroBody>,
  ) {
    return macroJson(await this.api.macros.create(caller, { name, macro: macroOf(steps) }));
  }

  @Get('macros')
  async list(@Caller() caller: Principal) {
    const { macros } = await this.api.macros.list(caller);
    return { macros: macros.map(macroLineJson) };
  }

  @Get('macros/:macroId')
  async get(@Caller() caller: Principal, @Param('macroId') macroId: string) {
    return macroJson(await this.api.macros.get(caller, { macroId }));
  }

  @Patch('macros/:macroId')
  async update(
    @Caller() caller: Principal,
    @Param('macroId') macroId: string,
    @Body({ schema: updateMacroBody }) { name = '', steps, revision }: z.output<typeof updateMacroBody>,
  ) {
    const macro = steps === undefined ? undefined : macroOf(steps);
    return macroJson(await this.api.macros.update(caller, { macroId, name, macro, revision }));
  }

  @Delete('macros/:macroId')
  @HttpCode(204)
  async delete(@Caller() caller: Principal, @Param('macroId') macroId: string): Promise<void> {
    await this.api.macros.delete(caller, { macroId });
  }

  @Get('phones/:phoneId/macro')
  async state(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return macroStateJson(await this.api.macros.state(caller, { phoneId }));
  }

  @Post('phones/:phoneId/macro/record')
  @HttpCode(200)
  async record(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return macroStateJson(await this.api.macros.record(caller, { phoneId }));
  }

  @Delete('phones/:phoneId/macro/record')
  async discard(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return macroStateJson(await this.api.macros.discard(caller, { phoneId }));
  }

  @Post('phones/:phoneId/macro/save')
  @HttpCode(201)
  async save(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: saveMacroBody }) { name }: z.output<typeof saveMacroBody>,
  ) {
    return macroJson(await this.api.macros.save(caller, { phoneId, name }));
  }

  @Post('phones/:phoneId/macro/play')
  @HttpCode(202)
  async play(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: playMacroBody })
    { macroId = '', steps, speed, ...body }: z.output<typeof playMacroBody>,
  ) {
    const macro = steps === undefined ? undefined : macroOf(steps);
    const request = { ...body, phoneId, macroId, macro, speed: Math.round(speed * 100) };
    return macroStateJson(await this.api.macros.play(caller, request));
  }

  @Post('phones/:phoneId/macro/stop')
  @HttpCode(200)
  async stop(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return macroStateJson(await this.api.macros.stop(caller, { phoneId }));
  }
}
