import type { Asked } from './noting-gateway.js';

/** One operation of an OpenAPI document. */
export interface Operation {
  readonly id: string;
  readonly template: string;
  /** Names of its query, and of its body's fields: `spec.limits.pids`. A list is one field, whatever stands in it. */
  readonly fields: readonly string[];
  is(asked: Asked): boolean;
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

export function operationsOf(openapi: unknown): readonly Operation[] {
  const { paths, components } = openapi as Document;
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters = [], requestBody }]) => {
      const segments = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      const query = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
      const body = requestBody?.content['application/json']?.schema;
      return {
        id: operationId,
        template,
        fields: [...query, ...(body === undefined ? [] : fieldsOf(body, components.schemas))],
        is: (asked: Asked) => asked.method === method.toUpperCase() && segments.test(asked.path),
      };
    }),
  );
}

function fieldsOf(schema: Schema, named: Document['components']['schemas'], at = ''): string[] {
  const { $ref } = schema;
  const { properties } = $ref === undefined ? schema : (named[$ref.split('/').at(-1) ?? ''] ?? {});
  if (properties === undefined) return at === '' ? [] : [at];
  return Object.entries(properties).flatMap(([name, one]) => fieldsOf(one, named, under(at, name)));
}

/** Of what was sent, in the same words. */
export function leaves(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return at === '' ? [] : [at];
  const inside = Object.entries(value).flatMap(([name, one]) => leaves(one, under(at, name)));
  return inside.length === 0 && at !== '' ? [at] : inside;
}

const under = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`);
