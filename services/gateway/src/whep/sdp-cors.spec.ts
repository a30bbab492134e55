import 'reflect-metadata';
import { AppError, Metrics, realClock, silentLog } from '@ancloud/kit';
import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayParts } from '../api/gateway-parts.js';
import { HttpAdapter } from '../api/http-adapter.js';
import { EdgeErrorFilter } from '../api/problem-filter.js';
import { Problems } from '../api/problem.js';
import { routes } from '../api/routes.js';
import { AppModule } from '../app.module.js';
import { Authenticator } from '../auth/authenticator.js';
import { AuthFailures } from '../auth/failures.js';
import { RequestAuth } from '../auth/request-auth.js';

const KEY = 'the-only-key-of-this-test';
const PAGE = 'https://player.example';
let app: NestFastifyApplication;
let metrics: Metrics;

beforeAll(async () => {
  const nobody = {
    apiKey: () => Promise.resolve(undefined),
    consoleSession: () => Promise.resolve(undefined),
  };
  const authenticator = new Authenticator(nobody, KEY);
  const auth = new RequestAuth(authenticator, new AuthFailures(realClock), new Set(['http://farm']));
  metrics = new Metrics('gateway');
  const problems = new Problems(silentLog, metrics);
  const adapter = new HttpAdapter({
    auth,
    routes,
    webDir: undefined,
    secure: false,
    allowedOrigins: new Set([PAGE]),
    problems,
  });
  const refuses = { create: () => Promise.reject(new AppError('TOKEN_USED', 'it was used before')) };
  const parts = {
    authenticator,
    publicUrl: 'http://farm',
    whep: refuses,
    whip: refuses,
  } as unknown as GatewayParts;
  app = await NestFactory.create<NestFastifyApplication>(AppModule.of(parts, auth), adapter, {
    logger: false,
  });
  app.enableVersioning({ type: VersioningType.URI });
  app.useGlobalFilters(new EdgeErrorFilter(problems));
  await app.init();
  await adapter.getInstance().ready();
});
afterAll(async () => {
  await app.close();
  await metrics.close();
});

type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly payload?: string;
};
const ask = ({ method, url, headers = {}, payload }: Call, origin = PAGE) =>
  app.inject({
    method,
    url,
    headers: { origin, authorization: `Bearer ${KEY}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
const typed = (type: string, payload: string) => ({ headers: { 'content-type': type }, payload });
/** What never reaches a controller, and one that does. */
const REFUSED: readonly [string, number, Call][] = [
  ['an unknown type', 415, { method: 'POST', url: '/v1/whep', ...typed('text/x-sdp', 'v=0') }],
  ['an unknown type', 415, { method: 'POST', url: '/v1/whip', ...typed('text/x-sdp', 'v=0') }],
  ['a known type', 415, { method: 'POST', url: '/v1/whip', ...typed('application/json', '{}') }],
  ['an unknown type', 415, { method: 'PATCH', url: '/v1/whep/vw_1', ...typed('text/x-sdp', 'a=') }],
  ['broken JSON', 400, { method: 'POST', url: '/v1/whep', ...typed('application/json', '{') }],
  [
    'too much',
    413,
    { method: 'POST', url: '/v1/whip', ...typed('application/sdp', 'x'.repeat(64 * 1024 + 1)) },
  ],
  ['another method', 405, { method: 'PUT', url: '/v1/whep' }],
  ['no resource', 404, { method: 'GET', url: '/v1/whep/vw_1/more' }],
  ['no credentials', 401, { method: 'PUT', url: '/v1/whip', headers: { authorization: '' } }],
  ['a used token', 401, { method: 'POST', url: '/v1/whep', ...typed('application/sdp', 'v=0') }],
];

describe('sdpCors', () => {
  it.each(REFUSED)('a page is told why: %s, %i', async (_, status, call) => {
    const { statusCode, headers } = await ask(call);
    expect(statusCode).toBe(status);
    expect(headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'Origin',
    });
    expect(headers['accept-post']).toBe(status === 415 ? 'application/sdp' : undefined);
  });

  it.each(REFUSED)('a page of elsewhere is told nothing: %s', async (_, __, call) => {
    const { statusCode, headers } = await ask(call, 'https://elsewhere.example');
    expect(statusCode).toBe(403);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('nothing else of the API is for pages of elsewhere', async () => {
    const { statusCode, headers } = await ask({ method: 'GET', url: '/v1/whepper' });
    expect(statusCode).toBe(404);
    expect(headers).toMatchObject({ 'cross-origin-resource-policy': 'same-origin' });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
