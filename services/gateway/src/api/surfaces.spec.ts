import { GatewayServiceService } from '@ancloud/contracts/gateway/v1/gateway';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RouteDoc } from './route-doc.js';
import { routes } from './routes.js';

// REST and gRPC are the same API in two spellings: what one can, the other can, with arguments of the same names.

const verbsOfInject = [
  'tap',
  'swipe',
  'text',
  'key',
  'gesture',
  'wheel',
  'action',
  'gamepad',
  'setClipboard',
];

/** Routes that HTTP alone has, and why. */
const HTTP_ALONE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(verbsOfInject.map((verb) => [verb, 'Inject has one message for all of them'])),
  shell: 'a WebSocket, for terminals in browsers',
  signal: 'a WebSocket, for viewers, who have tokens and no key',
  createConsoleLink: 'cookies are for browsers',
  signIn: 'cookies are for browsers',
  signOut: 'cookies are for browsers',
  healthz: 'gRPC has its own health service',
  readyz: 'gRPC has its own health service',
  openapi: 'gRPC has its .proto',
};
/** Protocols of their own, which are HTTP by their definition. */
const STANDARDS = /^\/v1\/wh[ei]p/;

/** Arguments that differ in name, and why. */
const ARGUMENTS: Readonly<
  Record<string, { readonly grpc: string; readonly rest: string; readonly why: string }>
> = {
  createPhone: { grpc: 'idempotencyKey', rest: '', why: 'the header Idempotency-Key' },
  updatePhone: { grpc: 'fields', rest: '', why: 'proto3 does not tell what was left out; JSON does' },
  createMacro: { grpc: 'macro', rest: 'steps', why: 'a list in proto3 has a message around it' },
  updateMacro: { grpc: 'macro', rest: 'steps', why: 'as createMacro' },
  playMacro: { grpc: 'macro', rest: 'steps', why: 'as createMacro' },
  readRecording: { grpc: 'length offset', rest: '', why: 'the header Range' },
  installApp: { grpc: 'input', rest: 'phoneId', why: 'the first message of a stream' },
  writeUpload: { grpc: 'input', rest: 'uploadId', why: 'the first message of a stream' },
};

const methods = new Map(Object.entries(GatewayServiceService));
const shared = routes.filter(
  ({ operationId, path }) => HTTP_ALONE[operationId] === undefined && !STANDARDS.test(path),
);

describe('REST and gRPC', () => {
  it('have the same calls', () => {
    const rest = shared.map(({ operationId }) => operationId);
    expect([...methods.keys()].toSorted()).toEqual([...rest, 'inject'].toSorted());
  });

  it.each(shared.map((route) => [route.operationId, route] as const))(
    'take the same for %s',
    (name, route) => {
      const differ = ARGUMENTS[name];
      const expected = new Set(argumentsOf(route));
      for (const one of words(differ?.rest)) expect(expected.delete(one), one).toBe(true);
      for (const one of words(differ?.grpc)) expected.add(one);
      // What proto3 makes of no bytes is a message with all its fields.
      const message = methods.get(name)?.requestDeserialize(Buffer.alloc(0)) ?? {};
      expect(Object.keys(message).toSorted()).toEqual([...expected].toSorted());
    },
  );

  it('differ nowhere without a reason', () => {
    const names = new Set(routes.map(({ operationId }) => operationId));
    for (const name of [...Object.keys(HTTP_ALONE), ...Object.keys(ARGUMENTS)])
      expect(names, name).toContain(name);
  });
});

function argumentsOf({ path, query, body }: RouteDoc): string[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const schema =
    body !== undefined && 'schema' in body ? z.toJSONSchema(body.schema, { io: 'input' }) : undefined;
  return [...inPath, ...Object.keys(query?.shape ?? {}), ...Object.keys(schema?.properties ?? {})];
}

const words = (text = ''): string[] => text.split(' ').filter((word) => word !== '');
