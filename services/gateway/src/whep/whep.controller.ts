import { feedIdPattern } from '@ancloud/contracts';
import {
  Controller,
  Delete,
  Get,
  Inject,
  Options,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayParts } from '../api/gateway-parts.js';
import { goneSignal } from '../api/gone-signal.js';
import { invalid } from '../errors.js';
import { SdpEdge } from './sdp-edge.js';
import { bearer, bodyOf, FRAGMENT, iceServerLinks, ifMatchOf, SDP } from './whep-headers.js';

/** Injection token: what these routes are carried out with. */
export const WHEP = Symbol('whep');

type Parts = Pick<GatewayParts, 'whep' | 'iceServers' | 'config' | 'publicUrl'>;

/**
 * WHEP at the edge (draft-ietf-wish-whep-04). Credentials are a viewer's token and nothing that a browser sends by itself. With `?feed=…` the
 * session plays that feed of the phone instead of its screen.
 */
@Controller({ version: '1', path: 'whep' })
export class WhepController {
  readonly #parts: Parts;
  readonly #edge: SdpEdge;

  constructor(@Inject(WHEP) parts: Parts) {
    this.#parts = parts;
    this.#edge = new SdpEdge(parts.config.allowedOrigins);
  }

  @Options()
  options(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#edge.preflight(request, reply, 'OPTIONS, GET, POST');
    void reply.status(200).header('accept-post', SDP).send();
  }

  /** There is nothing to see, and that is no error (§4.1 of the draft). */
  @Get()
  look(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#edge.cors(request, reply);
    void reply.status(204).header('accept-post', SDP).send();
  }

  @Post()
  create(
    @Query('feed') feed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#edge.answer(request, reply, async () => {
      const token = bearer(request.headers.authorization);
      const offer = bodyOf(SDP, request.headers['content-type'], request.body);
      const watched = feedOf(feed);
      const { session, answer, etag } = await this.#parts.whep.create(
        token,
        { offer, feed: watched },
        goneSignal(reply),
      );
      const links = iceServerLinks(this.#parts.iceServers(session));
      if (links !== undefined) void reply.header('link', links);
      void reply
        .status(201)
        .type(SDP)
        .header(
          'location',
          `${this.#parts.publicUrl}/v1/whep/${session}${watched === '' ? '' : `?feed=${watched}`}`,
        )
        .header('etag', etag)
        .header('accept-patch', FRAGMENT)
        .send(answer);
    });
  }

  @Options(':session')
  sessionOptions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#edge.preflight(request, reply, 'OPTIONS, GET, PATCH, DELETE');
    void reply.status(200).header('accept-patch', FRAGMENT).send();
  }

  @Get(':session')
  lookAtSession(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#edge.cors(request, reply);
    void reply.status(204).header('accept-patch', FRAGMENT).send();
  }

  @Patch(':session')
  patch(
    @Param('session') session: string,
    @Query('feed') feed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#edge.answer(request, reply, async () => {
      const token = bearer(request.headers.authorization);
      const body = bodyOf(FRAGMENT, request.headers['content-type'], request.body);
      const ifMatch = ifMatchOf(request.headers['if-match']);
      const { fragment, etag } = await this.#parts.whep.patch(token, {
        session,
        feed: feedOf(feed),
        ifMatch,
        fragment: body,
      });
      if (fragment === '') void reply.status(204).send();
      else void reply.status(200).type(FRAGMENT).header('etag', etag).send(fragment);
    });
  }

  @Delete(':session')
  delete(
    @Param('session') session: string,
    @Query('feed') feed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#edge.answer(request, reply, async () => {
      await this.#parts.whep.delete(bearer(request.headers.authorization), session, feedOf(feed));
      void reply.status(200).send();
    });
  }
}

/** Empty for a phone's screen. Errors: INVALID_ARGUMENT. */
function feedOf(query: unknown): string {
  if (query === undefined) return '';
  if (typeof query === 'string' && feedIdPattern.test(query)) return query;
  throw invalid('feed', undefined, 'feed is not the id of a feed', "use an id such as 'fe_4k2', as it came");
}
