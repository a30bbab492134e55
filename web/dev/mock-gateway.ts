/**
 * A gateway for working on the console without a farm, and for its browser test: the REST answers of
 * services/gateway with phones that are only pretended, behind the same Content-Security-Policy. No pictures: the
 * signalling WebSocket refuses.
 *
 *     node web/dev/mock-gateway.ts [port] [empty]     prints the address with a link that signs in
 */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { MockFarm, type MockPhone } from './mock-farm.ts';
import { feedRoutes } from './mock-feeds.ts';
import { groupRoutes } from './mock-groups.ts';
import { hostRoutes } from './mock-hosts.ts';
import { iceRoutes } from './mock-ice.ts';
import { macroRoutes } from './mock-macros.ts';
import { pushRoutes } from './mock-pushes.ts';
import { MockRecordings } from './mock-recordings.ts';
import { type Handler, Refused, type Route } from './mock-route.ts';
import { viewerRoutes } from './mock-viewers.ts';
import { picture } from './picture.ts';

const DIST = path.join(import.meta.dirname, '../dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** As in services/gateway/src/api/http-adapter.ts, without what it allows beyond the console's needs. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const farm = new MockFarm();
const codes = new Set<string>();
const sessions = new Set<string>();
const screens = new Map<string, Buffer>();

const phone = (id: string): MockPhone => {
  const found = farm.phones.get(id);
  if (found === undefined)
    throw new Refused(404, 'PHONE_NOT_FOUND', `there is no phone ${id}`, 'look at the list of phones');
  return found;
};
const wished =
  (kind: string): Handler =>
  ({ part }) => {
    const one = phone(part);
    const operation = farm.wish(one, kind);
    return { phone: one, operation };
  };

const recordings = new MockRecordings();

const routes: readonly Route[] = [
  ...feedRoutes(),
  ...groupRoutes(),
  ...iceRoutes(),
  ...macroRoutes(),
  ...pushRoutes(),
  ...viewerRoutes(),
  ['GET', /^\/v1\/me$/, () => ({ owner: 'admin', roles: ['admin'], via: 'console' })],
  ['GET', /^\/v1\/phones$/, () => ({ phones: [...farm.phones.values()], nextPageToken: '' })],
  ['POST', /^\/v1\/phones$/, ({ body }) => create(body)],
  ['GET', /^\/v1\/phones\/(\w+)$/, ({ part }) => phone(part)],
  ['DELETE', /^\/v1\/phones\/(\w+)$/, wished('delete')],
  [
    'PATCH',
    /^\/v1\/phones\/(\w+)$/,
    (given) => {
      const spec = given.body['spec'] as { readonly encoder?: { readonly maxFps?: number } };
      // A farm of a version that takes less than the console believes.
      if ((spec.encoder?.maxFps ?? 0) > 90)
        throw new Refused(
          400,
          'INVALID_ARGUMENT',
          'spec.encoder.maxFps: Too big: expected number to be <=90',
          'see /v1/openapi.json',
          'spec.encoder.maxFps',
        );
      Object.assign(phone(given.part).spec, spec);
      return wished('update')(given);
    },
  ],
  ['POST', /^\/v1\/phones\/(\w+)\/start$/, wished('start')],
  ['POST', /^\/v1\/phones\/(\w+)\/stop$/, wished('stop')],
  ['POST', /^\/v1\/phones\/(\w+)\/reboot$/, wished('reboot')],
  ['POST', /^\/v1\/phones\/(\w+)\/reset$/, wished('reset')],
  ['POST', /^\/v1\/phones\/(\w+)\/pause$/, wished('pause')],
  ['POST', /^\/v1\/phones\/(\w+)\/resume$/, wished('resume')],
  ['POST', /^\/v1\/phones\/(\w+)\/recordings$/, ({ part }) => recordings.start(part)],
  ['GET', /^\/v1\/recordings$/, ({ query }) => recordings.list(query.get('phoneId') ?? '')],
  ['POST', /^\/v1\/recordings\/(\w+)\/stop$/, ({ part }) => recordings.stop(part)],
  ['DELETE', /^\/v1\/recordings\/(\w+)$/, ({ part }) => recordings.delete(part)],
  [
    'GET',
    /^\/v1\/phones\/(\w+)\/log$/,
    ({ part }) =>
      `init: phone ${part}\ninit: mounting /data\nservicemanager: started\nzygote: forked system_server (pid 212)\nsystem_server: boot completed in 1420 ms\npackage_manager: ${'no room is made for a long line '.repeat(20)}\n`,
  ],
  ['GET', /^\/v1\/phones\/(\w+)\/clipboard$/, ({ part }) => ({ phoneId: part, text: 'copied there' })],
  ['GET', /^\/v1\/phones\/(\w+)\/screenshot$/, ({ part }) => screen(part)],
  [
    'GET',
    /^\/v1\/images$/,
    () => ({ images: farm.images.map((image) => ({ image, hostIds: ['attic-1'] })) }),
  ],
  ...hostRoutes(farm),
  ['GET', /^\/v1\/operations\/(\w+)\/wait$/, ({ part }) => ended(part)],
  ['GET', /^\/v1\/events$/, ({ reply }) => events(reply)],
  ['DELETE', /^\/v1\/console\/session$/, ({ request }) => void sessions.delete(cookie(request))],
];

function create(body: Record<string, unknown>): unknown {
  const name = typeof body['name'] === 'string' ? body['name'] : '';
  if (name === 'full')
    throw new Refused(
      503,
      'NO_HOST',
      'no host can take the phone: attic-1 has 24 of 24',
      'stop or delete a phone, or add a host',
    );
  const { display, gamepad, labels } = (body['spec'] ?? {}) as {
    display?: { width: number; height: number; dpi: number };
    gamepad?: boolean;
    labels?: Record<string, string>;
  };
  if (gamepad === true && name === 'no pad')
    throw new Refused(
      409,
      'GAMEPAD_UNAVAILABLE',
      'no host can give the phone a gamepad: attic-1 without uinput',
      'modprobe uinput evdev on a host and restart its container-svc, or do without',
      'spec.gamepad',
    );
  const made = farm.add(name, 'placing', { viewable: false, createdAt: new Date().toISOString() });
  if (name === '') made.name = made.phoneId;
  if (display !== undefined) Object.assign(made.spec.display, display);
  if (labels !== undefined) made.spec.labels = labels;
  return { phone: made, operation: farm.wish(made, 'create') };
}

async function ended(id: string): Promise<unknown> {
  const operation = farm.operations.get(id);
  if (operation === undefined) throw new Refused(404, 'OPERATION_NOT_FOUND', 'there is no such operation');
  while (operation.state === 'running') await new Promise((resolve) => setTimeout(resolve, 50));
  return operation;
}

function events(reply: http.ServerResponse): void {
  reply.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const write = (kind: string, data: unknown): void => {
    reply.write(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  for (const one of farm.phones.values()) write('phone', one);
  write('synced', { phoneIds: [...farm.phones.keys()] });
  farm.on('event', write);
  reply.on('close', () => farm.off('event', write));
}

/** Each phone's own, made once: it takes long to draw by hand. */
function screen(phoneId: string): Buffer {
  const made = screens.get(phoneId) ?? picture(216, 384, Number.parseInt(phoneId.slice(3, 7), 16));
  screens.set(phoneId, made);
  return made;
}

function cookie(request: http.IncomingMessage): string {
  return /ancloud_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
}

function newLink(): string {
  const code = Math.random().toString(36).slice(2);
  codes.add(code);
  return `#link=${code}`;
}

async function api(request: http.IncomingMessage, reply: http.ServerResponse, url: URL): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  const method = request.method ?? 'GET';
  if (method === 'POST' && url.pathname === '/v1/console/sign-in') {
    if (!codes.delete(String(body['code'])))
      throw new Refused(
        401,
        'TOKEN_INVALID',
        'the link was used before, or has expired',
        "get a new one, e.g. with './ancloud link'",
      );
    const session = Math.random().toString(36).slice(2);
    sessions.add(session);
    reply.setHeader('set-cookie', `ancloud_session=${session}; HttpOnly; SameSite=Strict; Path=/`);
    return { owner: 'admin', roles: ['admin'], via: 'console' };
  }
  if (!sessions.has(cookie(request)))
    throw new Refused(401, 'UNAUTHENTICATED', 'credentials are missing or wrong');
  for (const [wanted, pattern, handler] of routes) {
    const match = pattern.exec(url.pathname);
    if (wanted === method && match !== null)
      return handler({ part: match[1] ?? '', body, query: url.searchParams, request, reply });
  }
  throw new Refused(404, 'ROUTE_NOT_FOUND', 'there is no such resource');
}

function page(pathname: string, reply: http.ServerResponse): void {
  const wanted = path.join(DIST, path.normalize(pathname));
  const file =
    pathname !== '/' && fs.existsSync(wanted) && wanted.startsWith(DIST)
      ? wanted
      : path.join(DIST, 'index.html');
  reply.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
  reply.end(fs.readFileSync(file));
}

const server = http.createServer((request, reply) => {
  const url = new URL(request.url ?? '/', 'http://mock');
  reply.setHeader('content-security-policy', POLICY);
  if (!url.pathname.startsWith('/v1/')) return page(url.pathname, reply);
  void answered(request, reply, url);
});

async function answered(request: http.IncomingMessage, reply: http.ServerResponse, url: URL): Promise<void> {
  try {
    const answer = await api(request, reply, url);
    if (reply.headersSent) return;
    const raw = Buffer.isBuffer(answer) || typeof answer === 'string';
    const text = typeof answer === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
    reply.writeHead(answer === undefined ? 204 : 200, {
      'content-type': Buffer.isBuffer(answer) ? 'image/png' : text,
    });
    reply.end(raw ? answer : JSON.stringify(answer));
  } catch (error) {
    const refused = error instanceof Refused ? error : new Refused(500, 'INTERNAL', String(error));
    const { status, code, message, fix, field } = refused;
    reply.writeHead(status, { 'content-type': 'application/problem+json' });
    reply.end(JSON.stringify({ status, code, title: code, detail: message, fix, field }));
  }
}

const [port = '0', fill = ''] = process.argv.slice(2);
if (fill !== 'empty') {
  farm.add('checkout tests', 'ready', { viewers: 2 }, { team: 'qa', rack: '1' });
  farm.add('support desk', 'ready', { viewers: 1 }, { team: 'desk', rack: '12' });
  farm.add('nightly', 'booting');
  farm.add('demo tablet', 'ready', {}, { team: 'qa', spare: '' });
  farm.add('archive', 'stopped');
  farm.add('lab 7', 'failed', {
    reason: 'BootFailed',
    message: 'zygote exited with signal 6 three times within a minute',
    conditions: [
      {
        type: 'BootFailed',
        active: true,
        message: 'zygote exited with signal 6 three times within a minute',
      },
    ],
  });
}
server.listen(Number(port), '127.0.0.1', () => {
  const { port: bound } = server.address() as import('node:net').AddressInfo;
  console.log(`http://127.0.0.1:${bound}/${newLink()}`);
});
