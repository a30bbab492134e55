import { codes } from '@ancloud/contracts';
import { isAppError } from '@ancloud/kit';
import { Controller, Delete, Get, Inject, Options, Param, Patch, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayParts } from '../api/gateway-parts.js';
import { goneSignal } from '../api/gone-signal.js';
import { originAllowed, originRefused } from '../auth/request-auth.js';
import { bearer, bodyOf, FRAGMENT, iceServerLinks, ifMatchOf, SDP } from './whep-headers.js';

/** Injection token: what these routes are carried out with. */
export const WHEP = Symbol('whep');

/** Time before another try, when it is not the player's fault, s. */
const RETRY_AFTER_S = '1';

/**
 * WHEP at the edge (draft-ietf-wish-whep-04). Credentials are a viewer's token and nothing that a browser sends by itself;
 * pages of allowed Origins may use it (CORS), and whatever sends no Origin.
 */
@Controller({ version: '1', path: 'whep' })
export class WhepController {
  constructor(
    @Inject(WHEP) private readonly parts: Pick<GatewayParts, 'whep' | 'iceServers' | 'config' | 'publicUrl'>,
  ) {}

  @Options()
  options(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#preflight(request, reply, 'OPTIONS, GET, POST');
    void reply.status(200).header('accept-post', SDP).send();
  }

  /** There is nothing to see, and that is no error (§4.1 of the draft). */
  @Get()
  look(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#cors(request, reply);
    void reply.status(204).header('accept-post', SDP).send();
  }

  @Post()
  create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, async () => {
      const token = bearer(request.headers.authorization);
      const offer = bodyOf(SDP, request.headers['content-type'], request.body);
      const { session, answer, etag } = await this.parts.whep.create(token, offer, goneSignal(reply));
      const links = iceServerLinks(this.parts.iceServers(session));
      if (links !== undefined) void reply.header('link', links);
      void reply
        .status(201)
        .type(SDP)
        .header('location', `${this.parts.publicUrl}/v1/whep/${session}`)
        .header('etag', etag)
        .header('accept-patch', FRAGMENT)
        .send(answer);
    });
  }

  @Options(':session')
  sessionOptions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#preflight(request, reply, 'OPTIONS, GET, PATCH, DELETE');
    void reply.status(200).header('accept-patch', FRAGMENT).send();
  }

  @Get(':session')
  lookAtSession(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#cors(request, reply);
    void reply.status(204).header('accept-patch', FRAGMENT).send();
  }

  @Patch(':session')
  patch(
    @Param('session') session: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answer(request, reply, async () => {
      const token = bearer(request.headers.authorization);
      const body = bodyOf(FRAGMENT, request.headers['content-type'], request.body);
      const ifMatch = ifMatchOf(request.headers['if-match']);
      const { fragment, etag } = await this.parts.whep.patch(token, { session, ifMatch, fragment: body });
      if (fragment === '') void reply.status(204).send();
      else void reply.status(200).type(FRAGMENT).header('etag', etag).send(fragment);
    });
  }

  @Delete(':session')
  delete(
    @Param('session') session: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#answer(request, reply, async () => {
      await this.parts.whep.delete(bearer(request.headers.authorization), session);
      void reply.status(200).send();
    });
  }

  async #answer(request: FastifyRequest, reply: FastifyReply, serve: () => Promise<void>): Promise<void> {
    this.#cors(request, reply);
    try {
      await serve();
    } catch (error) {
      if (isAppError(error)) {
        const { http } = codes[error.code];
        if (http === 401) void reply.header('www-authenticate', 'Bearer');
        if (http >= 500) void reply.header('retry-after', RETRY_AFTER_S);
        if (error.code === 'UNSUPPORTED_MEDIA')
          void reply.header('accept-post', SDP).header('accept-patch', FRAGMENT);
      }
      throw error;
    }
  }

  /** Errors: ORIGIN_REFUSED. */
  #cors({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    void reply.header('vary', 'Origin');
    if (origin === undefined) return;
    if (!originAllowed(origin, this.parts.config.allowedOrigins)) throw originRefused(origin);
    void reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', 'Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After')
      // Pages elsewhere read the answer: same-origin would keep it from them.
      .header('cross-origin-resource-policy', 'cross-origin');
  }

  #preflight(request: FastifyRequest, reply: FastifyReply, methods: string): void {
    this.#cors(request, reply);
    void reply
      .header('allow', methods)
      .header('access-control-allow-methods', methods)
      .header('access-control-allow-headers', 'Authorization, Content-Type, If-Match')
      .header('access-control-max-age', '86400');
  }
}
