import type { Injection } from '@ancloud/contracts/input/v1/inject';
import { Body, Controller, Get, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { GatewayApi } from '../api/gateway-api.js';
import { goneSignal } from '../api/gone-signal.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import {
  actionBody,
  clipboardBody,
  gamepadBody,
  gestureBody,
  injectionOf,
  keyBody,
  swipeBody,
  tapBody,
  textBody,
  wheelBody,
} from './inject-schemas.js';

@Controller({ path: 'phones/:phoneId', version: '1' })
export class InjectController {
  constructor(private readonly api: GatewayApi) {}

  @Post('tap')
  @HttpCode(200)
  tap(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: tapBody }) body: z.output<typeof tapBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.tap(body), body, reply);
  }

  @Post('swipe')
  @HttpCode(200)
  swipe(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: swipeBody }) body: z.output<typeof swipeBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.swipe(body), body, reply);
  }

  @Post('text')
  @HttpCode(200)
  text(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: textBody }) body: z.output<typeof textBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.text(body), body, reply);
  }

  @Post('key')
  @HttpCode(200)
  key(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: keyBody }) body: z.output<typeof keyBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.key(body), body, reply);
  }

  @Post('gesture')
  @HttpCode(200)
  gesture(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: gestureBody }) body: z.output<typeof gestureBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.gesture(body), body, reply);
  }

  @Post('wheel')
  @HttpCode(200)
  wheel(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: wheelBody }) body: z.output<typeof wheelBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.wheel(body), body, reply);
  }

  @Post('action')
  @HttpCode(200)
  action(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: actionBody }) body: z.output<typeof actionBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.action(body), body, reply);
  }

  @Get('clipboard')
  async clipboard(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { text } = await this.api.readClipboard(caller, { phoneId }, goneSignal(reply));
    await reply.send({ phoneId, text: text ?? null });
  }

  @Put('clipboard')
  setClipboard(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: clipboardBody }) body: z.output<typeof clipboardBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.clipboard(body), body, reply);
  }

  @Post('gamepad')
  @HttpCode(200)
  gamepad(
    @Caller() caller: Principal,
    @Param('phoneId') phoneId: string,
    @Body({ schema: gamepadBody }) body: z.output<typeof gamepadBody>,
    @Res() reply: FastifyReply,
  ) {
    return this.#play(caller, phoneId, injectionOf.gamepad(body), body, reply);
  }

  /** Ends when the client does: a script must not go on for nobody. */
  async #play(
    caller: Principal,
    phoneId: string,
    injection: Injection,
    { takeOver }: { readonly takeOver: boolean },
    reply: FastifyReply,
  ): Promise<void> {
    const answer = await this.api.inject(caller, { phoneId, injection, takeOver }, goneSignal(reply));
    await reply.send(answer);
  }
}
