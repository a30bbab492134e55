import { Readable } from 'node:stream';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { snapshotJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { importSnapshotBody } from './snapshot-routes.js';

@Controller({ path: 'snapshots', version: '1' })
export class SnapshotsController {
  constructor(private readonly api: GatewayApi) {}

  @Get()
  async list(@Caller() caller: Principal) {
    const { snapshots } = await this.api.listSnapshots(caller);
    return { snapshots: snapshots.map(snapshotJson) };
  }

  @Post()
  @HttpCode(201)
  async import(
    @Caller() caller: Principal,
    @Body({ schema: importSnapshotBody }) body: z.output<typeof importSnapshotBody>,
  ) {
    return snapshotJson(await this.api.importSnapshot(caller, body));
  }

  @Get(':snapshotId/archive')
  async export(
    @Caller() caller: Principal,
    @Param('snapshotId') snapshotId: string,
    @Res() reply: FastifyReply,
  ) {
    const bytes = await this.api.exportSnapshot(caller, snapshotId);
    // Readable reads on only as the client does, and ends the call when the client goes away.
    await reply.type('application/octet-stream').send(Readable.from(bytes, { objectMode: false }));
  }

  @Delete(':snapshotId')
  @HttpCode(204)
  async delete(@Caller() caller: Principal, @Param('snapshotId') snapshotId: string): Promise<void> {
    await this.api.deleteSnapshot(caller, { snapshotId });
  }
}
