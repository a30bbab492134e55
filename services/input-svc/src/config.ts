import os from 'node:os';
import { address, loadConfig, secretFile } from '@ancloud/kit';
import { z } from 'zod';

const schema = z.object({
  /** Id of this instance in leases; a DNS label. Default `input-<hostname>`. */
  ANCLOUD_INPUT_ID: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'is not a DNS label')
    .default(
      `input-${os
        .hostname()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')}`,
    )
    .describe('use 1 to 63 of a-z, 0-9 and -'),
  ANCLOUD_NATS_URL: z.string().default('nats://127.0.0.1:7222').describe('write nats://host:port'),
  ANCLOUD_NATS_USER: z.string().default('input-svc'),
  ANCLOUD_NATS_PASS_FILE: secretFile(),
  ANCLOUD_REDIS_URL: z.string().default('redis://127.0.0.1:7379').describe('write redis://host:port'),
  ANCLOUD_REDIS_PASS_FILE: secretFile(),
  ANCLOUD_FARM_SECRET_FILE: secretFile(),
  ANCLOUD_GRPC_LISTEN: address().default('127.0.0.1:7104'),
  ANCLOUD_METRICS_LISTEN: address().optional(),
  ANCLOUD_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'fatal']).default('info'),
});

export interface Config {
  readonly inputId: string;
  readonly nats: { readonly url: string; readonly user: string; readonly pass: string };
  readonly redis: { readonly url: string };
  readonly farmSecret: string;
  readonly grpcListen: string;
  readonly metricsListen: string | undefined;
}

/** Errors: CONFIG_INVALID with all mistakes. */
export function configFrom(env: NodeJS.ProcessEnv): Config {
  const read = loadConfig(schema, env);
  const redis = new URL(read.ANCLOUD_REDIS_URL);
  redis.password = read.ANCLOUD_REDIS_PASS_FILE;
  return {
    inputId: read.ANCLOUD_INPUT_ID,
    nats: { url: read.ANCLOUD_NATS_URL, user: read.ANCLOUD_NATS_USER, pass: read.ANCLOUD_NATS_PASS_FILE },
    redis: { url: redis.href },
    farmSecret: read.ANCLOUD_FARM_SECRET_FILE,
    grpcListen: read.ANCLOUD_GRPC_LISTEN,
    metricsListen: read.ANCLOUD_METRICS_LISTEN,
  };
}
