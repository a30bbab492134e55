import { Controller, Delete, Get, Inject, Options, Param, Patch, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayParts } from '../api/gateway-parts.js';
import { goneSignal } from '../api/gone-signal.js';
import { SdpEdge } from '../whep/sdp-edge.js';
import { bearer, bodyOf, FRAGMENT, iceServerLinks, ifMatchOf, SDP } from '../whep/whep-headers.js';

/** Injection token: what these routes are carried out with. */
export const WHIP = Symbol('whip');

type Parts = Pick<GatewayParts, 'whip' | 'iceServers' | 'publicUrl'>;

/** WHIP at the edge (RFC 9725). Credentials are a feed's token and nothing that a browser sends by itself. */
@Controller({ version: '1', path: 'whip' })
export class WhipController {
  readonly #parts: Parts;
  readonly #edge = new SdpEdge();

  constructor(@Inject(WHIP) parts: Parts) {
    this.#parts = parts;
  }

  @Options()
  options(@Res() reply: FastifyReply): void {
    this.#edge.preflight(reply, 'post');
  }

  @Get()
  look(@Res() reply: FastifyReply): void {
    this.#edge.nothing(reply, 'post');
  }

  @Post()
  create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#edge.answer(reply, async () => {
      const token = bearer(request.headers.authorization);
      const offer = bodyOf(SDP, request.headers['content-type'], request.body);
      const { session, answer, etag } = await this.#parts.whip.create(token, offer, goneSignal(reply));
      const location = `${this.#parts.publicUrl}/v1/whip/${session}`;
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
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#edge.answer(reply, async () => {
      const token = bearer(request.headers.authorization);
      const body = bodyOf(FRAGMENT, request.headers['content-type'], request.body);
      const ifMatch = ifMatchOf(request.headers['if-match']);
      this.#edge.patched(reply, await this.#parts.whip.patch(token, { session, ifMatch, fragment: body }));
    });
  }

  @Delete(':session')
  delete(
    @Param('session') session: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#edge.answer(reply, async () => {
      await this.#parts.whip.delete(bearer(request.headers.authorization), session);
      void reply.status(200).send();
    });
  }
}
