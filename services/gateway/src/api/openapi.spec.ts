import 'reflect-metadata';
import { Metrics, realClock, silentLog } from '@ancloud/kit';
import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppModule } from '../app.module.js';
import { Authenticator } from '../auth/authenticator.js';
import { AuthFailures } from '../auth/failures.js';
import { RequestAuth } from '../auth/request-auth.js';
import type { GatewayParts } from './gateway-parts.js';
import { HttpAdapter, toFastify } from './http-adapter.js';
import { openapi } from './openapi.js';
import { EdgeErrorFilter } from './problem-filter.js';
import { Problems } from './problem.js';
import { routes } from './routes.js';

const KEY = 'the-only-key-of-this-test';
const served: string[] = [];
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
    allowedOrigins: new Set(),
    problems,
  });
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD') served.push(`${one} ${url}`);
  });
  // Only the edge is under test: no route is carried out.
  const parts = {
    authenticator,
    publicUrl: 'http://farm',
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

type Json = Record<string, unknown>;
const document = openapi('1.0.0', 'http://farm') as {
  paths: Record<string, Record<string, Json>>;
  components: Json;
};

describe('the OpenAPI document', () => {
  it('has exactly the routes that are served', () => {
    const promised = routes.map(({ method, path }) => `${method} ${toFastify(path)}`);
    expect(promised.toSorted()).toEqual(served.toSorted());
  });

  it('has no reference to nothing, and no two operations of one name', () => {
    const text = JSON.stringify(document);
    const schemas = document.components['schemas'] as Json;
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(schemas, name).toHaveProperty(String(name));
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map((one) => one['operationId']),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(text).not.toContain('"$id"');
  });

  it('names each path parameter and gives each operation its problems', () => {
    for (const [path, item] of Object.entries(document.paths))
      for (const [method, one] of Object.entries(item)) {
        const parameters = (one['parameters'] ?? []) as Json[];
        const inPath = parameters.filter((parameter) => parameter['in'] === 'path').map(({ name }) => name);
        expect(inPath, `${method} ${path}`).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
        expect(Object.keys(one['responses'] as Json), `${method} ${path}`).toContain('500');
      }
  });
});

describe('what needs credentials', () => {
  // A fresh address each: the 21st failure of one would be 429.
  const guarded = routes.filter((route) => route.open !== true);
  it.each(guarded.map(({ method, path }, index) => [method, path, `10.1.0.${index}`] as const))(
    '%s %s',
    async (method, path, remoteAddress) => {
      const url = path.replaceAll(/\{\w+\}/g, 'x_1');
      const headers = { authorization: 'Bearer wrong' };
      const answer = await app.inject({ method, url, headers, remoteAddress });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    },
  );

  it('also covers paths that do not exist, and spellings of those that do', async () => {
    let host = 1;
    for (const url of [
      '/v1/nothing',
      '/v1',
      '/v1/',
      '/v1//phones',
      '/v1/phones/',
      '/v1/%70hones',
      '/v1?x',
      '/%76%31/me',
      '/%76%31/x',
    ]) {
      const answer = await app.inject({ method: 'GET', url, remoteAddress: `10.0.0.${(host += 1)}` });
      expect(answer.statusCode, url).toBe(401);
    }
  });

  it('slows down guessing without locking out who has a key', async () => {
    const ask = (key: string) =>
      app.inject({
        method: 'GET',
        url: '/v1/me',
        headers: { authorization: `Bearer ${key}` },
        remoteAddress: '10.9.9.9',
      });
    const codes: number[] = [];
    for (let count = 0; count < 25; count += 1) codes.push((await ask(`guess-${count}`)).statusCode);
    expect(codes.filter((code) => code === 429).length).toBeGreaterThanOrEqual(4);
    const last = await ask('guess');
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask(KEY)).statusCode).toBe(200);
  });
});

it('HEAD is answered as GET is, where nobody needs credentials too', async () => {
  for (const url of ['/v1/whep', '/v1/whip', '/v1/whep/vw_1', '/v1/openapi.json']) {
    const [get, head] = [await app.inject({ url }), await app.inject({ method: 'HEAD', url })];
    expect(head.statusCode, url).toBe(get.statusCode);
    expect(head.headers['content-type'], url).toBe(get.headers['content-type']);
    expect(head.body).toBe('');
  }
  expect((await app.inject({ method: 'HEAD', url: '/v1/me', remoteAddress: '10.8.0.1' })).statusCode).toBe(
    401,
  );
});

describe('what is refused', () => {
  it('is counted by its code, whichever hook refused it', async () => {
    const counted = async (code: string): Promise<number> => {
      const line = new RegExp(
        `^ancloud_gateway_problems_total\\{.*edge="rest",code="${code}".*\\} (\\d+)$`,
        'm',
      );
      return Number(line.exec(await metrics.registry.metrics())?.[1] ?? 0);
    };
    const before = [await counted('UNAUTHENTICATED'), await counted('ROUTE_NOT_FOUND')];
    const remoteAddress = '10.8.0.1';
    await app.inject({ method: 'GET', url: '/v1/me', remoteAddress });
    await app.inject({
      method: 'GET',
      url: '/v1/me',
      headers: { authorization: `Bearer ${KEY}` },
      remoteAddress,
    });
    await app.inject({
      method: 'GET',
      url: '/v1/none',
      headers: { authorization: `Bearer ${KEY}` },
      remoteAddress,
    });
    const after = [await counted('UNAUTHENTICATED'), await counted('ROUTE_NOT_FOUND')];
    expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1]);
  });

  it.each([
    ['a body of too much, before it is parsed', '['.repeat(1_000), 'application/json', 'MESSAGE_TOO_LARGE'],
    ['a body that is no JSON', '[', 'application/json', 'MESSAGE_MALFORMED'],
    ['a body with a prototype', '{"__proto__":{}}', 'application/json', 'MESSAGE_MALFORMED'],
    ['a form', 'name=m', 'application/x-www-form-urlencoded', 'UNSUPPORTED_MEDIA'],
  ])('is %s', async (_, payload, type, code) => {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': type };
    const answer = await app.inject({ method: 'POST', url: '/v1/macros', headers, payload });
    expect(answer.json()).toMatchObject({ code });
  });
});
