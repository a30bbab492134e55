import { isAppError } from '@ancloud/kit';
import type { FastifyReply } from 'fastify';
import { sdpRefused } from './sdp-cors.js';
import { FRAGMENT, SDP } from './whep-headers.js';

/** What WHEP and WHIP have in common at the edge. What pages need to read any of their answers is set before (`sdpCors`). */
export class SdpEdge {
  async answer(reply: FastifyReply, serve: () => Promise<void>): Promise<void> {
    try {
      await serve();
    } catch (error) {
      if (isAppError(error)) sdpRefused(reply, error);
      throw error;
    }
  }

  /** OPTIONS: what pages may do, and what can be sent. */
  preflight(reply: FastifyReply, can: 'post' | 'patch'): void {
    const methods = can === 'post' ? 'OPTIONS, GET, POST' : 'OPTIONS, GET, PATCH, DELETE';
    void reply
      .status(200)
      .header('allow', methods)
      .header('access-control-allow-methods', methods)
      .header('access-control-allow-headers', 'Authorization, Content-Type, If-Match')
      .header('access-control-max-age', '86400')
      .header(...accepts(can))
      .send();
  }

  /**
   * GET and HEAD of an endpoint of WHEP: nothing, of the type by which players that are only given a URL know what it is ("WHEP Endpoint URL
   * Discoverability" of the draft).
   */
  found(reply: FastifyReply): void {
    void reply
      .status(200)
      .type(SDP)
      .header(...accepts('post'))
      .send('');
  }

  /** GET: there is nothing to see, and that is no error (§4.1 of WHEP's draft). */
  nothing(reply: FastifyReply, can: 'post' | 'patch'): void {
    void reply
      .status(204)
      .header(...accepts(can))
      .send();
  }

  /** 201: a session has begun. */
  created(
    reply: FastifyReply,
    session: { location: string; etag: string; answer: string; links: string | undefined },
  ): void {
    const { location, etag, answer, links } = session;
    if (links !== undefined) void reply.header('link', links);
    void reply
      .status(201)
      .type(SDP)
      .header('location', location)
      .header('etag', etag)
      .header(...accepts('patch'))
      .send(answer);
  }

  /** 204 for candidates; 200 with the farm's new credentials when ICE begins anew. */
  patched(reply: FastifyReply, { fragment, etag }: { fragment: string; etag: string }): void {
    if (fragment === '') void reply.status(204).send();
    else void reply.status(200).type(FRAGMENT).header('etag', etag).send(fragment);
  }
}

const accepts = (can: 'post' | 'patch'): [string, string] => [
  `accept-${can}`,
  can === 'post' ? SDP : FRAGMENT,
];
