import type { ErrorCode } from '@ancloud/contracts';
import { z } from 'zod';

/** Schemas with a name: what stands under `components/schemas` of the OpenAPI document. */
export const schemas = z.registry<{ id: string }>();

/** Gives a schema its name in the OpenAPI document. */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  schemas.add(schema, { id });
  return schema;
}

/** Bytes that a body of JSON may have. */
export const bodyLimits = {
  /** Where a route does not say otherwise. */
  json: 1024 * 1024,
  /** Of touches and moments one by one: as long as what is kept can become, in full and with every letter escaped, so that it can be sent back. */
  script: 8 * 1024 * 1024,
} as const;

/** One REST route as it is promised: the OpenAPI document is made of these, and a test holds them against the router. */
export interface RouteDoc {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** As in OpenAPI: `/v1/phones/{phoneId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Without credentials. */
  readonly open?: true;
  readonly query?: z.ZodObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?:
    | {
        readonly schema: z.ZodType;
        /** Bytes that it may have; default `bodyLimits.json`. */
        readonly limit?: number;
      }
    | { readonly mediaType: string; readonly description: string };
  readonly ok: {
    readonly status: 101 | 200 | 201 | 202 | 204;
    readonly description: string;
    readonly schema?: z.ZodType;
    readonly mediaType?: string;
  };
  /** Beyond those that every route may answer. */
  readonly errors: readonly ErrorCode[];
}
