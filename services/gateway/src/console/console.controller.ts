import { isAppError } from '@ancloud/kit';
import { Body, Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import { CONSOLE_SESSION_MS } from '../auth/redis-credentials.js';
import {
  Caller,
  COOKIE,
  originAllowed,
  originRefused,
  RequestAuth,
  sessionCookie,
} from '../auth/request-auth.js';
import { ConsoleAccess } from './console-access.js';
import { signInBody } from './console-routes.js';

@Controller({ version: '1' })
export class ConsoleController {
  constructor(
    private readonly access: ConsoleAccess,
    private readonly auth: RequestAuth,
  ) {}

  @Post('console/links')
  createLink(@Caller() caller: Principal) {
    return this.access.createLink(caller);
  }

  @Post('console/sign-in')
  @HttpCode(200)
  async signIn(
    @Body({ schema: signInBody }) body: z.output<typeof signInBody>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { origin } = request.headers;
    // Signing a victim's browser in as somebody else is an attack too (login CSRF).
    if (!originAllowed(origin, this.auth.ownOrigins)) throw originRefused(origin);
    try {
      const { secret, principal } = await this.access.signIn(body.code);
      this.#setCookie(reply, secret, CONSOLE_SESSION_MS / 1000);
      return principal;
    } catch (error) {
      if (isAppError(error, 'TOKEN_INVALID')) this.auth.refuse(request.ip, error, reply);
      throw error;
    }
  }

  @Delete('console/session')
  @HttpCode(204)
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const secret = sessionCookie(request.headers.cookie);
    if (secret !== undefined) await this.access.signOut(secret);
    this.#setCookie(reply, '', 0);
  }

  @Get('me')
  me(@Caller() caller: Principal): Principal {
    return caller;
  }

  #setCookie(reply: FastifyReply, secret: string, seconds: number): void {
    const secure = this.access.secure ? '; Secure' : '';
    void reply.header(
      'set-cookie',
      `${COOKIE}=${secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}${secure}`,
    );
  }
}
