import os from 'node:os';
import { absolutePath, address, integer, loadConfig, secretFile } from '@ancloud/kit';
import { z } from 'zod';

const schema = z.object({
  /** Id of this instance in records; a DNS label. Default `media-<hostname>`. */
  ANCLOUD_MEDIA_ID: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'is not a DNS label')
    .default(
      `media-${os
        .hostname()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')}`,
    )
    .describe('use 1 to 63 of a-z, 0-9 and -'),
  ANCLOUD_NATS_URL: z.string().default('nats://127.0.0.1:7222').describe('write nats://host:port'),
  ANCLOUD_NATS_USER: z.string().default('media-svc'),
  ANCLOUD_NATS_PASS_FILE: secretFile(),
  ANCLOUD_REDIS_URL: z.string().default('redis://127.0.0.1:7379').describe('write redis://host:port'),
  ANCLOUD_REDIS_PASS_FILE: secretFile(),
  ANCLOUD_FARM_SECRET_FILE: secretFile(),
  ANCLOUD_GRPC_LISTEN: address().default('127.0.0.1:7103'),
  /** What others dial. Default: where it listens. */
  ANCLOUD_GRPC_ADVERTISE: address().optional(),
  ANCLOUD_METRICS_LISTEN: address().optional(),
  ANCLOUD_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  /** Worker processes, each one core; default one per core. */
  ANCLOUD_MEDIA_WORKERS: integer({ min: 1, max: 256 }).prefault(String(os.availableParallelism())),
  /** Where viewers' packets arrive. */
  ANCLOUD_WEBRTC_LISTEN_IP: z
    .union([z.ipv4(), z.ipv6()])
    .default('127.0.0.1')
    .describe('write an IP address of this machine'),
  /** What viewers are told instead, behind a NAT: an address or a name. */
  ANCLOUD_WEBRTC_ANNOUNCED: z.string().min(1).optional(),
  /** First port; worker n has port + n, UDP and TCP. */
  ANCLOUD_WEBRTC_PORT: integer({ min: 1024, max: 65_000 }).prefault('7300'),
  /** Where session-svc's RTP arrives; must be reachable from the hosts. */
  ANCLOUD_RTP_LISTEN_IP: z
    .union([z.ipv4(), z.ipv6()])
    .default('127.0.0.1')
    .describe('write an IP address of this machine'),
  /** A worker binary of the installed mediasoup's version; default mediasoup's own. */
  MEDIASOUP_WORKER_BIN: absolutePath().optional(),
});

export interface Config {
  readonly mediaId: string;
  readonly nats: { readonly url: string; readonly user: string; readonly pass: string };
  readonly redis: { readonly url: string };
  readonly farmSecret: string;
  readonly grpcListen: string;
  readonly grpcAdvertise: string;
  readonly metricsListen: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly workers: number;
  readonly webrtc: {
    readonly listenIp: string;
    readonly announced: string | undefined;
    readonly port: number;
  };
  readonly rtpListenIp: string;
  readonly workerBin: string | undefined;
}

/** Errors: CONFIG_INVALID with all mistakes. */
export function configFrom(env: NodeJS.ProcessEnv): Config {
  const read = loadConfig(schema, env);
  const redis = new URL(read.ANCLOUD_REDIS_URL);
  redis.password = read.ANCLOUD_REDIS_PASS_FILE;
  return {
    mediaId: read.ANCLOUD_MEDIA_ID,
    nats: { url: read.ANCLOUD_NATS_URL, user: read.ANCLOUD_NATS_USER, pass: read.ANCLOUD_NATS_PASS_FILE },
    redis: { url: redis.href },
    farmSecret: read.ANCLOUD_FARM_SECRET_FILE,
    grpcListen: read.ANCLOUD_GRPC_LISTEN,
    grpcAdvertise: read.ANCLOUD_GRPC_ADVERTISE ?? read.ANCLOUD_GRPC_LISTEN,
    metricsListen: read.ANCLOUD_METRICS_LISTEN,
    logLevel: read.ANCLOUD_LOG_LEVEL,
    workers: read.ANCLOUD_MEDIA_WORKERS,
    webrtc: {
      listenIp: read.ANCLOUD_WEBRTC_LISTEN_IP,
      announced: read.ANCLOUD_WEBRTC_ANNOUNCED,
      port: read.ANCLOUD_WEBRTC_PORT,
    },
    rtpListenIp: read.ANCLOUD_RTP_LISTEN_IP,
    workerBin: read.MEDIASOUP_WORKER_BIN,
  };
}
