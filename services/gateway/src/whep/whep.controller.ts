import { feedIdPattern, type viewer as protocol } from '@ancloud/contracts';
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

type Parts = Pick<GatewayParts, 'whep' | 'iceServers' | 'publicUrl'>;

/**
 * WHEP at the edge (draft-ietf-wish-whep-04). Credentials are a viewer's token and nothing that a browser sends by itself. With `?feed=…` the
 * session plays that feed of the phone instead of its screen, with `?layer=…` that layer of the screen for good.
 */
@Controller({ version: '1', path: 'whep' })
export class WhepController {
  readonly #parts: Parts;
  readonly #edge = new SdpEdge();

  constructor(@Inject(WHEP) parts: Parts) {
    this.#parts = parts;
  }

  @Options()
  options(@Res() reply: FastifyReply): void {
    this.#edge.preflight(reply, 'post');
  }

  @Get()
  look(@Res() reply: FastifyReply): void {
    this.#edge.found(reply);
  }

  @Post()
  create(
    @Query('feed') feed: unknown,
    @Query('layer') layer: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#edge.answer(reply, async () => {
      const token = bearer(request.headers.authorization);
      const offer = bodyOf(SDP, request.headers['content-type'], request.body);
      const watched = feedOf(feed);
      const { session, answer, etag } = await this.#parts.whep.create(
        token,
        { offer, feed: watched, layer: layerOf(layer, watched) },
        goneSignal(reply),
      );
      const query = watched === '' ? '' : `?feed=${watched}`;
      const location = `${this.#parts.publicUrl}/v1/whep/${session}${query}`;
      const links = iceServerLinks(this.#parts.iceServers(session));
      this.#edge.created(reply, { location, etag, answer, links });
    });
  }

  @Options(':session')
  sessionOptions(@Res() reply: FastifyReply): void {
    this.#edge.preflight(reply, 'patch');
  }

  @Get(':session')
  lookAtSession(@Res() reply: FastifyReply): void {
    this.#edge.nothing(reply, 'patch');
  }

  @Patch(':session')
  patch(
    @Param('session') session: string,
    @Query('feed') feed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#edge.answer(reply, async () => {
      const token = bearer(request.headers.authorization);
      const body = bodyOf(FRAGMENT, request.headers['content-type'], request.body);
      const ifMatch = ifMatchOf(request.headers['if-match']);
      const patched = await this.#parts.whep.patch(token, {
        session,
        feed: feedOf(feed),
        ifMatch,
        fragment: body,
      });
      this.#edge.patched(reply, patched);
    });
  }

  @Delete(':session')
  delete(
    @Param('session') session: string,
    @Query('feed') feed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#edge.answer(reply, async () => {
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

/** Errors: INVALID_ARGUMENT. */
function layerOf(query: unknown, feed: string): protocol.Quality {
  if (query === undefined) return 'auto';
  if (query !== 'auto' && query !== 'main' && query !== 'low')
    throw invalid('layer', undefined, 'there is no such layer', "ask for 'auto', 'main' or 'low'");
  if (query === 'low' && feed !== '')
    throw invalid('layer', query, 'a feed has no low layer', "leave out 'layer' or 'feed'");
  return query;
}
