import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { GatewayApi } from '../api/gateway-api.js';
import { snapshotJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';

@Controller({ path: 'snapshots', version: '1' })
export class SnapshotsController {
  constructor(private readonly api: GatewayApi) {}

  @Get()
  async list(@Caller() caller: Principal) {
    const { snapshots } = await this.api.listSnapshots(caller);
    return { snapshots: snapshots.map(snapshotJson) };
  }

  @Delete(':snapshotId')
  @HttpCode(204)
  async delete(@Caller() caller: Principal, @Param('snapshotId') snapshotId: string): Promise<void> {
    await this.api.deleteSnapshot(caller, { snapshotId });
  }
}
