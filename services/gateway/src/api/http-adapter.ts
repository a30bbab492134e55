import fastifyStatic from '@fastify/static';
import { AppError } from '@ancloud/kit';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import crypto from 'node:crypto';
import type { Socket } from 'node:net';
import { isSdpPath, sdpCors, sdpRefused } from '../whep/sdp-cors.js';
import { FRAGMENT, SDP } from '../whep/whep-headers.js';
import type { RequestAuth } from '../auth/request-auth.js';
import { beyondBounds, jsonBounds, type JsonBound } from './core/json-bounds.js';
import { asApiError, type Problems } from './problem.js';
import { bodyLimits, type RouteDoc } from './route-doc.js';

export interface HttpAdapterOptions {
  readonly auth: RequestAuth;
  readonly routes: readonly RouteDoc[];
  /** Absolute folder of the built console; undefined = no console. */
  readonly webDir: string | undefined;
  /** The public URL is https. */
  readonly secure: boolean;
  /** Whose pages may use WHEP and WHIP. */
  readonly allowedOrigins: ReadonlySet<string>;
  readonly problems: Problems;
}

const SDP_LIMIT = 64 * 1024;
/** Uploads of apps take long on slow lines; headers never do. */
const REQUEST_MS = 3_600_000;
const HEADERS_MS = 15_000;
/** How often node:http looks for requests that are late; its own 30 s would let them stay three times their time. */
const LATE_CHECK_MS = 5_000;

/**
 * The console's pages: scripts and styles of our own only, no frames around us. `style-src-attr` is for the inline positions
 * that its component library sets; media come from blobs and MediaStreams.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self'",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Fastify with what every request gets: an id, security headers, credentials before bodies, and problems for errors. */
export class HttpAdapter extends FastifyAdapter {
  readonly #options: HttpAdapterOptions;

  constructor(options: HttpAdapterOptions) {
    super({
      bodyLimit: bodyLimits.json,
      requestTimeout: REQUEST_MS,
      http: {
        headersTimeout: HEADERS_MS,
        connectionsCheckingInterval: LATE_CHECK_MS,
        maxHeaderSize: 16 * 1024,
      },
      genReqId: () => crypto.randomBytes(8).toString('hex'),
      logger: false,
      routerOptions: { maxParamLength: 256, ignoreDuplicateSlashes: false },
      // The router's own refusals come before any hook.
      frameworkErrors: (error: Error, _request: unknown, reply: unknown) => {
        void (reply as FastifyReply).headers(securityHeaders(reply as FastifyReply, options.secure));
        options.problems.send(reply as FastifyReply, error);
      },
      clientErrorHandler: (error: Error, socket: Socket) => {
        if (!socket.writable || (error as NodeJS.ErrnoException).code === 'ECONNRESET') {
          socket.destroy();
          return;
        }
        options.problems.end(socket, unreadable(error));
      },
    });
    this.#options = options;
    this.#hooks();
  }

  /** Ours instead of Nest's: the same problem for an error of fastify and of a controller. */
  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.getInstance().setErrorHandler((error, request, reply) => {
      if (isSdpPath(pathOf(request))) sdpRefused(reply, asApiError(error));
      this.#options.problems.send(reply, error);
    });
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.getInstance().setNotFoundHandler((request, reply) => this.#notFound(request, reply));
  }

  /** Nest's read forms too, which no route has, and JSON of any shape. */
  override registerParserMiddleware(): void {
    const parse = this.getInstance().getDefaultJsonParser('error', 'error');
    this.getInstance().addContentTypeParser<string>(
      'application/json',
      { parseAs: 'string' },
      (request, body, done) => {
        const beyond = beyondBounds(body);
        if (beyond === undefined) void parse(request, body, done);
        else done(tooMuch(beyond));
      },
    );
  }

  /** Serves the console; to be called before `init`. */
  async serveConsole(): Promise<void> {
    const { webDir } = this.#options;
    if (webDir === undefined) return;
    await this.getInstance().register(fastifyStatic, {
      root: webDir,
      wildcard: true,
      index: ['index.html'],
      // `/sample` is sample.html.
      extensions: ['html'],
      list: false,
      dotfiles: 'ignore',
      redirect: false,
      setHeaders: (reply, file) => {
        // Vite names its assets by content: they never change. Pages must be asked for again.
        const immutable = /\/assets\/[^/]+-[A-Za-z0-9_-]{8}\.\w+$/.test(file);
        void reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }

  #hooks(): void {
    const instance = this.getInstance();
    // Apps and images are streamed: the body is handed on unread, and its own handler limits it.
    instance.addContentTypeParser(
      [
        'application/octet-stream',
        'application/offset+octet-stream',
        'application/vnd.android.package-archive',
      ],
      (_request, payload, done) => done(null, payload),
    );
    // WHEP's bodies are text; whoever wants another kind refuses it by its type.
    instance.addContentTypeParser(
      [SDP, FRAGMENT],
      { parseAs: 'string', bodyLimit: SDP_LIMIT },
      (_request, body, done) => done(null, body),
    );
    instance.addHook('onRoute', (served) => {
      const body = this.#options.routes.find(
        ({ method, path }) => [served.method].flat().includes(method) && toFastify(path) === served.url,
      )?.body;
      if (body !== undefined && 'limit' in body) served.bodyLimit = body.limit;
    });
    instance.addHook('onRequest', async (request, reply) => {
      void reply.headers(securityHeaders(reply, this.#options.secure));
      if (isApi(request)) void reply.header('cache-control', 'no-store');
      if (isSdpPath(pathOf(request))) sdpCors(request, reply, this.#options.allowedOrigins);
      if (this.#needsCredentials(request)) await this.#options.auth.authenticate(request, reply);
    });
  }

  /** Everything under /v1 that is not open. What has no route is refused too: an answer must not map the API for strangers. */
  #needsCredentials(request: FastifyRequest): boolean {
    if (!isApi(request)) return false;
    const pattern = request.routeOptions.url;
    // HEAD is answered as GET is, without what that says (RFC 9110 §9.3.2).
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    return !this.#options.routes.some(
      (route) => route.open === true && route.method === method && toFastify(route.path) === pattern,
    );
  }

  #notFound(request: FastifyRequest, reply: FastifyReply): void {
    const allowed = this.#methodsOf(request);
    if (allowed.length > 0 && !allowed.includes(request.method as RouteDoc['method'])) {
      void reply.header('allow', allowed.join(', '));
      this.#options.problems.send(
        reply,
        new AppError('METHOD_NOT_ALLOWED', `${request.method} is not known here`, {
          field: 'method',
          value: request.method,
          fix: `use ${allowed.join(' or ')}`,
        }),
      );
      return;
    }
    const page = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    if (page && !isApi(request) && this.#options.webDir !== undefined) {
      // The console is one page: its own paths are its own business.
      void reply.header('cache-control', 'no-cache').sendFile('index.html');
      return;
    }
    this.#options.problems.send(
      reply,
      new AppError('ROUTE_NOT_FOUND', 'there is no such resource', {
        field: 'url',
        value: request.url.split('?')[0] ?? '',
      }),
    );
  }

  /** Methods that the path of a request has under another one. */
  #methodsOf(request: FastifyRequest): RouteDoc['method'][] {
    const path = request.url.split('?')[0] ?? '';
    return this.#options.routes
      .filter((route) => patternOf(route.path).test(path))
      .map((route) => route.method);
  }
}

/** What node:http found wrong with the bytes of a connection, in our words. */
function unreadable({ code }: NodeJS.ErrnoException): AppError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new AppError('DEADLINE_EXCEEDED', 'the request did not arrive in time');
  if (code === 'HPE_HEADER_OVERFLOW')
    return new AppError('MESSAGE_TOO_LARGE', "the request's head is larger than 16 KiB");
  return new AppError('MESSAGE_MALFORMED', 'the request is not HTTP that can be read');
}

function securityHeaders({ request }: FastifyReply, secure: boolean): Record<string, string> {
  return {
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-frame-options': 'DENY',
    ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}

function isApi(request: FastifyRequest): boolean {
  return /^\/v1(?:[/?]|$)/.test(pathOf(request));
}

/**
 * By the route that was found, where one was: the router decodes `%76` before it looks, so the text of a URL does not tell
 * where a request goes.
 */
function pathOf({ routeOptions: { url: pattern }, url }: FastifyRequest): string {
  return pattern === undefined || pattern === '/*' ? decoded(url) : pattern;
}

function decoded(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}

/** `/v1/phones/{phoneId}` → `/v1/phones/:phoneId`. */
export function toFastify(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

function tooMuch(bound: JsonBound): AppError {
  const said = {
    values: `more than ${jsonBounds.values} values`,
    fields: `an object of more than ${jsonBounds.fields} fields`,
    depth: `more than ${jsonBounds.depth} lists and objects in each other`,
  };
  return new AppError('MESSAGE_TOO_LARGE', `the body has ${said[bound]}`, {
    field: 'body',
    fix: 'send less, or in parts',
  });
}
