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
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { uploadJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import { invalid } from '../errors.js';
import { createUploadBody } from './upload-routes.js';

@Controller({ path: 'uploads', version: '1' })
export class UploadsController {
  constructor(private readonly api: GatewayApi) {}

  @Post()
  async create(
    @Caller() caller: Principal,
    @Body({ schema: createUploadBody }) body: z.output<typeof createUploadBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const made = await this.api.uploads.create(caller, { ...body, sha256: body.sha256 ?? '' });
    void reply.header('location', `/v1/uploads/${made.upload.uploadId}`);
    return uploadJson(made);
  }

  @Get()
  async list(@Caller() caller: Principal) {
    return { uploads: (await this.api.uploads.list(caller)).map(uploadJson) };
  }

  @Get(':uploadId')
  async get(
    @Caller() caller: Principal,
    @Param('uploadId') uploadId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const found = await this.api.uploads.get(caller, uploadId);
    void reply.header('upload-offset', found.upload.offset).header('upload-length', found.upload.size);
    return uploadJson(found);
  }

  @Patch(':uploadId')
  @HttpCode(200)
  async write(
    @Caller() caller: Principal,
    @Param('uploadId') uploadId: string,
    @Headers('upload-offset') offset: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { body } = request;
    if (!(body instanceof Readable))
      throw invalid(
        'body',
        undefined,
        'the body is no bytes',
        "send them as 'application/offset+octet-stream'",
      );
    if (offset === undefined || !/^\d{1,15}$/.test(offset))
      throw invalid('upload-offset', offset, 'the header Upload-Offset is not a number', 'ask HEAD for it');
    const written = await this.api.uploads.write(caller, uploadId, Number(offset), body);
    void reply.header('upload-offset', written.upload.offset);
    return uploadJson(written);
  }

  @Delete(':uploadId')
  @HttpCode(204)
  async remove(@Caller() caller: Principal, @Param('uploadId') uploadId: string): Promise<void> {
    await this.api.uploads.remove(caller, uploadId);
  }
}
