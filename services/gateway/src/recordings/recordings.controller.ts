import { Readable } from 'node:stream';
import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { isAppError } from '@ancloud/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { goneSignal } from '../api/gone-signal.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { recordingJson } from './recording-json.js';
import { fileIndex, listRecordingsQuery } from './recording-routes.js';

@Controller({ version: '1' })
export class RecordingsController {
  constructor(private readonly api: GatewayApi) {}

  @Post('phones/:phoneId/recordings')
  @HttpCode(201)
  async start(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return recordingJson(await this.api.recordings.start(caller, { phoneId }, goneSignal(reply)));
  }

  @Get('recordings')
  async list(
    @Caller() caller: Principal,
    @Query({ schema: listRecordingsQuery }) { phoneId }: z.output<typeof listRecordingsQuery>,
  ) {
    const { recordings } = await this.api.recordings.list(caller, { phoneId });
    return { recordings: recordings.map(recordingJson) };
  }

  @Get('recordings/:recordingId')
  async get(@Caller() caller: Principal, @Param('recordingId') recordingId: string) {
    return recordingJson(await this.api.recordings.get(caller, { recordingId }));
  }

  @Post('recordings/:recordingId/stop')
  @HttpCode(200)
  async stop(@Caller() caller: Principal, @Param('recordingId') recordingId: string) {
    return recordingJson(await this.api.recordings.stop(caller, { recordingId }));
  }

  @Get('recordings/:recordingId/files/:index')
  async read(
    @Caller() caller: Principal,
    @Param('recordingId') recordingId: string,
    @Param('index', { schema: fileIndex }) index: z.output<typeof fileIndex>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wanted = { recordingId, index, range: request.headers.range };
    const { file, range, bytes } = await this.api.recordings
      .read(caller, wanted)
      .catch(async (error: unknown) => {
        // How much there is, for whoever asked for more (RFC 9110 §15.5.17).
        if (isAppError(error, 'RANGE_INVALID')) {
          const { files } = await this.api.recordings.get(caller, { recordingId });
          const size = files.find((one) => one.index === index)?.size ?? 0;
          void reply.header('content-range', `bytes */${size}`);
        }
        throw error;
      });
    const { offset, length } = range ?? { offset: 0, length: file.size };
    if (range !== undefined)
      void reply.status(206).header('content-range', `bytes ${offset}-${offset + length - 1}/${file.size}`);
    void reply
      .header('accept-ranges', 'bytes')
      .header('content-length', length)
      .header('content-disposition', `attachment; filename="${recordingId}-${index}.mp4"`);
    // Readable reads on only as the client does, and ends the call when the client goes away.
    await reply.type('video/mp4').send(Readable.from(bytes, { objectMode: false }));
  }

  @Delete('recordings/:recordingId')
  @HttpCode(204)
  async delete(@Caller() caller: Principal, @Param('recordingId') recordingId: string): Promise<void> {
    await this.api.recordings.delete(caller, { recordingId });
  }
}
