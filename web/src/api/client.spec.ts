import { describe, expect, it } from 'vitest';
import { ApiError, isSignedOut, problemOf } from './api-error.js';
import { Client } from './client.js';
import { codeInHash, codeInText } from './sign-in-code.js';

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly headers: Record<string, string>;
}

function farm(...answers: (Response | Error)[]): { client: Client; calls: Call[] } {
  const calls: Call[] = [];
  const client = new Client((url, init) => {
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
    calls.push({ method: init.method ?? '', url, body, headers: init.headers as Record<string, string> });
    const next = answers.shift() ?? new Error('no more answers');
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  });
  return { client, calls };
}

describe('Client', () => {
  it('reads all pages of phones', async () => {
    const { client, calls } = farm(
      Response.json({ phones: [{ phoneId: 'ph_a' }], nextPageToken: 'ph_a' }),
      Response.json({ phones: [{ phoneId: 'ph_b' }], nextPageToken: '' }),
    );
    expect((await client.phones()).map(({ phoneId }) => phoneId)).toEqual(['ph_a', 'ph_b']);
    expect(calls.map(({ url }) => url)).toEqual([
      '/v1/phones?pageSize=500&pageToken=',
      '/v1/phones?pageSize=500&pageToken=ph_a',
    ]);
  });

  it('creates with a key that makes repeating harmless', async () => {
    const { client, calls } = farm(Response.json({ phone: {}, operation: {} }, { status: 202 }));
    await client.create({ name: 'desk' }, 'key-1');
    expect(calls).toEqual([
      {
        method: 'POST',
        url: '/v1/phones',
        body: { name: 'desk' },
        headers: { 'idempotency-key': 'key-1', 'content-type': 'application/json' },
      },
    ]);
  });

  it('sends no JSON type without a body', async () => {
    const { client, calls } = farm(Response.json({}), Response.json({}));
    await client.wish('ph_a', 'stop');
    await client.delete('ph_a', true);
    expect(calls.map(({ method, url, headers }) => [method, url, headers])).toEqual([
      ['POST', '/v1/phones/ph_a/stop', {}],
      ['DELETE', '/v1/phones/ph_a?force=true', {}],
    ]);
  });

  it('waits until an operation has ended', async () => {
    const running = {
      operationId: 'op_1',
      kind: 'create',
      phoneId: 'ph_a',
      state: 'running',
      percent: 0,
      error: null,
    };
    const { client } = farm(Response.json(running), Response.json({ ...running, state: 'done' }));
    expect((await client.ended({ ...running, kind: 'create', state: 'running' })).state).toBe('done');
  });

  it('tells what the farm refused, and how to mend it', async () => {
    const problem = {
      code: 'NO_HOST',
      title: 'No host',
      detail: 'no host has room',
      fix: 'stop a phone',
      field: '',
    };
    const { client } = farm(Response.json(problem, { status: 503 }));
    await expect(client.create({}, 'k')).rejects.toMatchObject({
      code: 'NO_HOST',
      message: 'no host has room',
      fix: 'stop a phone',
      status: 503,
    });
  });

  it('tells that nobody answered', async () => {
    const { client } = farm(new TypeError('fetch failed'));
    await expect(client.me()).rejects.toMatchObject({ code: 'UNREACHABLE', status: 0 });
  });
});

it.each([
  ['a proxy’s page', '<html>', 'UNREACHABLE', 'The farm answered with 502 and nothing that can be read'],
  ['JSON that is no problem', '[]', 'UNREACHABLE', 'The farm answered with 502 and nothing that can be read'],
  [
    'a problem without detail',
    '{"code":"INTERNAL","title":"Something went wrong inside"}',
    'INTERNAL',
    'Something went wrong inside',
  ],
])('problemOf: %s', (_, body, code, message) =>
  expect(problemOf(502, body)).toMatchObject({ code, message, status: 502 }),
);

it('knows who is not signed in', () => {
  expect(isSignedOut(new ApiError('UNAUTHENTICATED', '', 401))).toBe(true);
  expect(isSignedOut(new ApiError('FORBIDDEN', '', 403))).toBe(false);
});

it.each([
  ['#link=abc', 'abc'],
  ['#code=abc', 'abc'],
  ['#top', undefined],
  ['', undefined],
])('codeInHash %s', (hash, code) => expect(codeInHash(hash)).toBe(code));

it.each([
  ['http://farm/phones/ph_1#link=abc', 'abc'],
  ['  abc ', 'abc'],
])('codeInText %s', (text, code) => expect(codeInText(text)).toBe(code));
