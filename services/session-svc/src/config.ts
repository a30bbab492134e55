import os from 'node:os';
import { absolutePath, address, loadConfig, secretFile } from '@ancloud/kit';
import { hostIdPattern } from '@ancloud/contracts';
import { atLeast, parseScrcpyVersion } from '@ancloud/scrcpy-wire';
import type { ScrcpyVersion } from '@ancloud/scrcpy-wire';
import { z } from 'zod';

const hostName = os
  .hostname()
  .toLowerCase()
  .replaceAll(/[^a-z0-9]+/g, '-')
  .replaceAll(/^-+|-+$/g, '');

const schema = z.object({
  /** Id of this host in records, the same as container-svc's; a DNS label. Default: the host's name. */
  ANCLOUD_HOST_ID: z
    .string()
    .regex(hostIdPattern, 'is not a DNS label')
    .default(hostName)
    .describe('use 1 to 63 of a-z, 0-9 and -'),
  ANCLOUD_NATS_URL: z.string().default('nats://127.0.0.1:7222').describe('write nats://host:port'),
  ANCLOUD_NATS_USER: z.string().default('session-svc'),
  ANCLOUD_NATS_PASS_FILE: secretFile(),
  ANCLOUD_REDIS_URL: z.string().default('redis://127.0.0.1:7379').describe('write redis://host:port'),
  ANCLOUD_REDIS_PASS_FILE: secretFile(),
  ANCLOUD_FARM_SECRET_FILE: secretFile(),
  ANCLOUD_GRPC_LISTEN: address().default('127.0.0.1:7102'),
  /** What others dial. Default: where it listens. */
  ANCLOUD_GRPC_ADVERTISE: address().optional(),
  ANCLOUD_METRICS_LISTEN: address().optional(),
  ANCLOUD_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  /** Private key towards the phones, made when missing; its public half is written beside it as `.pub`. */
  ANCLOUD_ADB_KEY_FILE: absolutePath(),
  /** The file `scrcpy-server` of a scrcpy release. */
  ANCLOUD_SCRCPY_SERVER: absolutePath(),
  /** That release; 3.0 or newer, since key frames are asked for by RESET_VIDEO. */
  ANCLOUD_SCRCPY_VERSION: z
    .string()
    .default('4.1')
    .transform(readVersion)
    .describe('write e.g. 3.3.4 or 4.1'),
  /** Address that phones' RTP leaves from; must reach the media-svcs. */
  ANCLOUD_RTP_LISTEN_IP: z
    .union([z.ipv4(), z.ipv6()])
    .default('127.0.0.1')
    .describe('write an IP address of this machine'),
});

function readVersion(text: string, context: z.core.$RefinementCtx): ScrcpyVersion {
  try {
    const version = parseScrcpyVersion(text);
    if (atLeast(version, 3, 0)) return version;
    context.addIssue({ code: 'custom', message: 'is older than 3.0' });
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is no version' });
  }
  return z.NEVER;
}

export interface Config {
  readonly hostId: string;
  readonly nats: { readonly url: string; readonly user: string; readonly pass: string };
  readonly redis: { readonly url: string };
  readonly farmSecret: string;
  readonly grpcListen: string;
  readonly grpcAdvertise: string;
  readonly metricsListen: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly adbKeyFile: string;
  readonly scrcpyServer: string;
  readonly scrcpyVersion: ScrcpyVersion;
  readonly rtpListenIp: string;
}

/** Errors: CONFIG_INVALID with all mistakes. */
export function configFrom(env: NodeJS.ProcessEnv): Config {
  const read = loadConfig(schema, env);
  const redis = new URL(read.ANCLOUD_REDIS_URL);
  redis.password = read.ANCLOUD_REDIS_PASS_FILE;
  return {
    hostId: read.ANCLOUD_HOST_ID,
    nats: { url: read.ANCLOUD_NATS_URL, user: read.ANCLOUD_NATS_USER, pass: read.ANCLOUD_NATS_PASS_FILE },
    redis: { url: redis.href },
    farmSecret: read.ANCLOUD_FARM_SECRET_FILE,
    grpcListen: read.ANCLOUD_GRPC_LISTEN,
    grpcAdvertise: read.ANCLOUD_GRPC_ADVERTISE ?? read.ANCLOUD_GRPC_LISTEN,
    metricsListen: read.ANCLOUD_METRICS_LISTEN,
    logLevel: read.ANCLOUD_LOG_LEVEL,
    adbKeyFile: read.ANCLOUD_ADB_KEY_FILE,
    scrcpyServer: read.ANCLOUD_SCRCPY_SERVER,
    scrcpyVersion: read.ANCLOUD_SCRCPY_VERSION,
    rtpListenIp: read.ANCLOUD_RTP_LISTEN_IP,
  };
}
