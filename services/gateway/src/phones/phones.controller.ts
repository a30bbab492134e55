import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { goneSignal } from '../api/gone-signal.js';
import { operationJson, phoneJson } from '../api/public-json.js';
import { upgradeRequired } from '../api/upgrade-required.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { invalid } from '../errors.js';
import { restorePhoneBody, snapshotPhoneBody } from '../snapshots/snapshot-routes.js';
import type { PhoneOperation } from '@ancloud/contracts/gateway/v1/gateway';
import {
  createPhoneBody,
  createPhoneRequest,
  deletePhoneQuery,
  listPhonesQuery,
  logQuery,
  screenshotQuery,
  updatePhoneBody,
  updatePhoneRequest,
} from './phone-schemas.js';

const both = ({ phone, operation }: PhoneOperation) => ({
  phone: phone === undefined ? null : phoneJson(phone),
  operation: operation === undefined ? null : operationJson(operation),
});

@Controller({ path: 'phones', version: '1' })
export class PhonesController {
  constructor(private readonly api: GatewayApi) {}

  @Post()
  @HttpCode(202)
  async create(
    @Caller() caller: Principal,
    @Body({ schema: createPhoneBody }) body: z.output<typeof createPhoneBody>,
    @Headers('idempotency-key') key: string | undefined,
  ) {
    return both(await this.api.createPhone(caller, createPhoneRequest(body, key)));
  }

  @Get()
  async list(
    @Caller() caller: Principal,
    @Query({ schema: listPhonesQuery }) query: z.output<typeof listPhonesQuery>,
  ) {
    const { phones, nextPageToken } = await this.api.listPhones(caller, query);
    return { phones: phones.map(phoneJson), nextPageToken };
  }

  @Get(':phoneId')
  async get(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return phoneJson(await this.api.getPhone(caller, { phoneId }));
  }

  @Patch(':phoneId')
  @HttpCode(202)
  async update(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: updatePhoneBody }) body: z.output<typeof updatePhoneBody>,
  ) {
    return both(await this.api.updatePhone(caller, updatePhoneRequest(phoneId, body)));
  }

  @Delete(':phoneId')
  @HttpCode(202)
  async delete(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Query({ schema: deletePhoneQuery }) query: z.output<typeof deletePhoneQuery>,
  ) {
    return both(await this.api.deletePhone(caller, { phoneId, force: query.force === 'true' }));
  }

  @Post(':phoneId/start')
  @HttpCode(202)
  async start(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return both(await this.api.startPhone(caller, { phoneId }));
  }

  @Post(':phoneId/stop')
  @HttpCode(202)
  async stop(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return both(await this.api.stopPhone(caller, { phoneId }));
  }

  @Post(':phoneId/reboot')
  @HttpCode(202)
  async reboot(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return both(await this.api.rebootPhone(caller, { phoneId }));
  }

  @Post(':phoneId/reset')
  @HttpCode(202)
  async reset(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return both(await this.api.resetPhone(caller, { phoneId }));
  }

  @Post(':phoneId/pause')
  @HttpCode(202)
  async pause(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return both(await this.api.pausePhone(caller, { phoneId }));
  }

  @Post(':phoneId/resume')
  @HttpCode(202)
  async resume(@Caller() caller: Principal, @Param('phoneId') phoneId: string) {
    return both(await this.api.resumePhone(caller, { phoneId }));
  }

  @Post(':phoneId/snapshots')
  @HttpCode(202)
  async snapshot(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: snapshotPhoneBody }) { name }: z.output<typeof snapshotPhoneBody>,
  ) {
    return both(await this.api.snapshotPhone(caller, { phoneId, name }));
  }

  @Post(':phoneId/restore')
  @HttpCode(202)
  async restore(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: restorePhoneBody }) { snapshotId }: z.output<typeof restorePhoneBody>,
  ) {
    return both(await this.api.restorePhone(caller, { phoneId, snapshotId }));
  }

  @Get(':phoneId/screenshot')
  async screenshot(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Query({ schema: screenshotQuery }) { maxAgeMs }: z.output<typeof screenshotQuery>,
    @Res() reply: FastifyReply,
  ) {
    const { png } = await this.api.screenshot(caller, { phoneId, maxAgeMs }, goneSignal(reply));
    await reply.type('image/png').send(Buffer.from(png));
  }

  @Get(':phoneId/log')
  async log(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Query({ schema: logQuery }) query: z.output<typeof logQuery>,
    @Res() reply: FastifyReply,
  ) {
    const lines = await this.api.phoneLog(caller, phoneId, query.tail);
    // Readable reads on only as the client does, and ends the call when the client goes away.
    await reply.type('text/plain; charset=utf-8').send(Readable.from(lines, { objectMode: false }));
  }

  @Post(':phoneId/apps')
  @HttpCode(200)
  async install(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Headers('content-length') length: string | undefined,
    @Req() request: FastifyRequest,
  ) {
    const { body } = request;
    if (!(body instanceof Readable))
      throw invalid(
        'body',
        undefined,
        'the body is not an app',
        "send the APK as 'application/octet-stream'",
      );
    return this.api.installApp(caller, { phoneId, size: Number(length), body });
  }

  @Get(':phoneId/shell')
  shell(): never {
    throw upgradeRequired('/v1/phones/{phoneId}/shell');
  }
}
