import { AppError, toProblem, type Log, type Metrics, type Problem } from '@ancloud/kit';
import { HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Duplex } from 'node:stream';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Fastify's own errors (fastify.dev, "Errors") that are the caller's. */
const BY_FASTIFY_CODE: Readonly<Record<string, () => AppError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new AppError('UNSUPPORTED_MEDIA', 'the body has a media type that is not read here', {
      field: 'content-type',
      fix: "send 'application/json', 'application/octet-stream' for an app, 'application/sdp' for an offer",
    }),
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new AppError('MESSAGE_TOO_LARGE', 'the body is larger than allowed', {
      field: 'body',
      fix: 'send less: 1 MiB, of a macro, a gesture or a gamepad 8 MiB, of SDP 64 KiB',
    }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new AppError('MESSAGE_MALFORMED', 'the body has not the length that was announced', {
      field: 'content-length',
    }),
  FST_ERR_CTP_EMPTY_JSON_BODY: () =>
    new AppError('MESSAGE_MALFORMED', 'the body is empty although it is said to be JSON', {
      field: 'body',
      fix: 'send {} or leave the Content-Type out',
    }),
  FST_ERR_BAD_URL: () => new AppError('MESSAGE_MALFORMED', 'the URL cannot be read', { field: 'url' }),
  FST_ERR_MAX_PARAM_LENGTH: () =>
    new AppError('ROUTE_NOT_FOUND', 'there is no such resource', { field: 'url' }),
};

/** Any thrown thing as an AppError; what is not the caller's becomes INTERNAL. */
export function asApiError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, statusCode, name } = error as { code?: unknown; statusCode?: unknown; name?: unknown };
  const known = typeof code === 'string' ? BY_FASTIFY_CODE[code] : undefined;
  if (known !== undefined) return known();
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  // secure-json-parse's and JSON.parse's words quote the body: not repeated.
  if (status === 400 && (name === 'SyntaxError' || code === 'FST_ERR_CTP_INVALID_JSON_BODY'))
    return new AppError('MESSAGE_MALFORMED', 'the body is not JSON', {
      field: 'body',
      fix: 'send valid JSON',
      cause: error,
    });
  if (status === 404)
    return new AppError('ROUTE_NOT_FOUND', 'there is no such resource', { field: 'url', cause: error });
  if (status === 413)
    return new AppError('MESSAGE_TOO_LARGE', 'the request is larger than allowed', { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new AppError('INVALID_ARGUMENT', 'the request cannot be understood', { cause: error });
  return new AppError('INTERNAL', 'something went wrong inside', {
    fix: 'look for the id of `instance` in the log of the gateway',
    cause: error,
  });
}

/** Where a refusal is given: an answer of REST, one instead of a WebSocket or of a request that cannot be read, a status of gRPC. */
export type Edge = 'rest' | 'socket' | 'grpc';

/** The one way out for errors of each edge: counts them all by code, and logs what is ours, not what is the caller's. */
export class Problems {
  readonly #log: Log;
  readonly #counter: ReturnType<Metrics['counter']> | undefined;

  constructor(log: Log, metrics?: Metrics) {
    this.#log = log;
    this.#counter = metrics?.counter<string>(
      'ancloud_gateway_problems_total',
      'Requests that were answered with an error',
      ['edge', 'code'],
    );
  }

  count(edge: Edge, { code }: AppError): void {
    this.#counter?.inc({ edge, code });
  }

  /** REST's answer. */
  send(reply: FastifyReply, thrown: unknown): void {
    const error = asApiError(thrown);
    this.count('rest', error);
    const { id, method, url } = reply.request;
    const problem = toProblem(error, `urn:ancloud:request:${id}`);
    if (problem.status >= 500) {
      const facts = { request: id, method, path: url.split('?')[0], err: thrown };
      if (error.code === 'INTERNAL') this.#log.error(facts, 'a request failed');
      else this.#log.debug(facts, 'a request could not be served');
    }
    if (reply.sent || reply.raw.headersSent) {
      // The answer has begun: the only honest thing left is to break it off.
      reply.raw.destroy();
      return;
    }
    if (error.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', 'Bearer');
    void reply.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  }

  /** The answer on a socket that never becomes a request, broken HTTP or a refused upgrade; ends it. */
  end(socket: Duplex, thrown: unknown): void {
    const error = thrown instanceof AppError ? thrown : new AppError('INTERNAL', 'the upgrade failed');
    this.count('socket', error);
    if (error.code === 'INTERNAL') this.#log.error({ err: thrown }, 'an upgrade failed');
    endWith(socket, rawProblem(error));
  }
}

/** A whole HTTP/1.1 answer. */
export function rawProblem(error: AppError): string {
  const problem: Problem = toProblem(error);
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Says its last words to a peer and lets it go: one that never closes its side would hold the socket for ever. */
export function endWith(socket: Duplex, answer: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(answer);
}
