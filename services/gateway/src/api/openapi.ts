import { codes, type ErrorCode } from '@ancloud/contracts';
import { z } from 'zod';
import { routes } from './routes.js';
import { bodyLimits, schemas, type RouteDoc } from './route-doc.js';

type Json = Record<string, unknown>;

/** What any route may answer. */
const COMMON: readonly ErrorCode[] = ['INVALID_ARGUMENT', 'INTERNAL', 'UNAVAILABLE_STATE'];
const WITH_CREDENTIALS: readonly ErrorCode[] = ['UNAUTHENTICATED', 'RATE_LIMITED', 'ORIGIN_REFUSED'];
const WITH_BODY: readonly ErrorCode[] = ['MESSAGE_MALFORMED', 'MESSAGE_TOO_LARGE', 'UNSUPPORTED_MEDIA'];

const problem: Json = {
  type: 'object',
  description: 'RFC 9457 problem details. `code` is stable; see each response for the codes it may carry.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri' },
    code: { type: 'string', enum: Object.keys(codes) },
    field: { type: 'string' },
    value: { type: 'string' },
    fix: { type: 'string' },
  },
};

/** The OpenAPI 3.1 document: made of the route tables and the schemas that also check requests, so it cannot drift from them. */
export function openapi(version: string, publicUrl: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ancloud',
      version,
      description: 'Cloud phones: create them, start and stop them, and let people see and touch them.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    security: [{ apiKey: [] }, { console: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key' },
        console: {
          type: 'apiKey',
          in: 'cookie',
          name: 'ancloud_session',
          description: 'The console, after signing in',
        },
      },
      schemas: { ...components(), Problem: problem },
    },
  };
}

function operation(route: RouteDoc): Json {
  const { operationId, tag, summary, description, body, ok } = route;
  const media = ok.mediaType ?? (ok.schema === undefined ? undefined : 'application/json');
  const parameters = [
    ...pathParameters(route.path),
    ...queryParameters(route.query),
    ...headerParameters(route.headers),
  ];
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(route.open === true ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(body) }),
    responses: {
      [ok.status]: {
        description: ok.description,
        ...(media === undefined
          ? {}
          : { content: { [media]: ok.schema === undefined ? {} : { schema: reference(ok.schema) } } }),
      },
      ...problems(route),
    },
  };
}

function requestBody(body: NonNullable<RouteDoc['body']>): Json {
  if ('schema' in body)
    return {
      // A body whose schema has a default as a whole may be left out.
      required: !body.schema.safeParse(undefined).success,
      description: `At most ${(body.limit ?? bodyLimits.json) / 1024 / 1024} MiB`,
      content: { 'application/json': { schema: reference(body.schema) } },
    };
  return { required: true, description: body.description, content: { [body.mediaType]: {} } };
}

/** The codes of a route by their HTTP status. */
function problems(route: RouteDoc): Json {
  const all = new Set<ErrorCode>([
    ...COMMON,
    ...(route.open === true ? [] : WITH_CREDENTIALS),
    ...(route.body === undefined ? [] : WITH_BODY),
    ...route.errors,
  ]);
  const byStatus = Map.groupBy(all, (code) => codes[code].http);
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => a - b)
      .map(([status, list]) => [
        status,
        {
          description: list.map((code) => `\`${code}\` ${codes[code].title}`).join('; '),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  );
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodObject | undefined): Json[] {
  if (query === undefined) return [];
  const shape = query.shape as Record<string, z.ZodType>;
  return Object.entries(shape).map(([name, schema]) => {
    const { description, ...json } = plain(z.toJSONSchema(schema, { io: 'output' }));
    return {
      name,
      in: 'query',
      required: !schema.safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema: json,
    };
  });
}

function headerParameters(headers: RouteDoc['headers']): Json[] {
  return Object.entries(headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
}

function reference(schema: z.ZodType): Json {
  const id = schemas.get(schema)?.id;
  if (id === undefined) throw new TypeError('a schema of the API has no name; give it one by `named`');
  return { $ref: `#/components/schemas/${id}` };
}

function components(): Json {
  const { schemas: made } = z.toJSONSchema(schemas, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
  });
  return Object.fromEntries(Object.entries(made).map(([id, schema]) => [id, plain(schema as Json)]));
}

/** Without what belongs to a document of its own. */
function plain({ $schema: _schema, $id: _id, ...rest }: Json): Json {
  return rest;
}
