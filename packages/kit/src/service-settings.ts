import type { ServiceName } from '@ancloud/contracts';
import { z } from 'zod';
import { address, secretFile, tcpAddress } from './config.js';
import { type FarmTls, tlsOf, tlsSettings } from './farm-tls.js';
import { LOG_LEVELS } from './log.js';

/** What every service reads, in a farm or not: spread it into the service's own schema. */
export function processSettings(options: { readonly grpcPort: number }) {
  return {
    /** Where the gRPC server listens: `host:port`, `[v6]:port` or `unix:/path`. Default: the service's port on loopback. */
    ANCLOUD_GRPC_LISTEN: address().default(`127.0.0.1:${options.grpcPort}`),
    /** Where /metrics and /healthz are served, `host:port`; neither asks who you are. Default: nowhere. */
    ANCLOUD_METRICS_LISTEN: tcpAddress().optional(),
    /** Least level that is logged. Default info. */
    ANCLOUD_LOG_LEVEL: z
      .enum(LOG_LEVELS, { error: 'is no level' })
      .default('info')
      .describe(`write one of ${LOG_LEVELS.join(', ')}`),
  };
}

/** What services that offer lanes read too (docs/protocol.md, "Lanes"). */
export function laneSettings() {
  return {
    /**
     * Where lanes are listened for: `host:port`, `[v6]:port` or `unix:/path` when all who send live on this machine. Default: beside
     * gRPC, on any free port. A port of its own where a firewall has to know it.
     */
    ANCLOUD_LANE_LISTEN: address().optional(),
  };
}

/** Where lanes are listened for and what others dial, port 0 = the one that is given out. Pure. */
export function laneAddresses(read: {
  readonly ANCLOUD_GRPC_LISTEN: string;
  readonly ANCLOUD_GRPC_ADVERTISE?: string | undefined;
  readonly ANCLOUD_LANE_LISTEN?: string | undefined;
}): { readonly listen: string; readonly advertise: string } {
  const beside = (grpc: string): string =>
    grpc.startsWith('unix:') ? `${grpc}.lane` : grpc.replace(/:\d+$/, ':0');
  const listen = read.ANCLOUD_LANE_LISTEN ?? beside(read.ANCLOUD_GRPC_LISTEN);
  if (listen.startsWith('unix:')) return { listen, advertise: listen };
  const host = beside(read.ANCLOUD_GRPC_ADVERTISE ?? listen);
  const port = /:(\d+)$/.exec(listen)?.[1] ?? '0';
  return { listen, advertise: host.startsWith('unix:') ? listen : host.replace(/:0$/, `:${port}`) };
}

/** When phones' RTP is encrypted on its way from session-svc to media-svc. */
export const SRTP_POLICIES = ['auto', 'always', 'never'] as const;
export type SrtpPolicy = (typeof SRTP_POLICIES)[number];

/** What both ends of that way read too (docs/protocol.md, "Encrypted between machines"). */
export function srtpSettings() {
  return {
    /**
     * `auto`: when it goes to another address than loopback, and both ends can; `always`: or the picture is refused; `never`: a network of
     * the farm's own is trusted. Default auto.
     */
    ANCLOUD_RTP_SRTP: z
      .enum(SRTP_POLICIES, { error: 'is no policy' })
      .default('auto')
      .describe(`write one of ${SRTP_POLICIES.join(', ')}`),
  };
}

/** How a service reaches the farm: spread it into the service's own schema, then `farmConnection`. */
export function farmSettings(service: ServiceName) {
  return {
    /** NATS servers, `nats://host:port` (or `tls://`), several separated by commas. Default: NATS's port on loopback. */
    ANCLOUD_NATS_URL: natsServers().prefault('nats://127.0.0.1:4222'),
    /** The service's NATS user; its permissions are those of contracts' subject table. Default: the service's name. */
    ANCLOUD_NATS_USER: z.string().default(service),
    /** File with that user's password. */
    ANCLOUD_NATS_PASS_FILE: secretFile(),
    /** `redis://host:port` or `rediss://host:port`, `/db` behind it if not 0. Default: Redis's port on loopback. */
    ANCLOUD_REDIS_URL: z
      .url({ protocol: /^rediss?$/, error: 'is not a Redis URL' })
      .default('redis://127.0.0.1:6379')
      .describe('write redis://host:port'),
    /** File with Redis's password: in the URL it would stand in the environment for whoever may look there. */
    ANCLOUD_REDIS_PASS_FILE: secretFile(),
    /** File with the bearer secret of all gRPC between services. */
    ANCLOUD_FARM_SECRET_FILE: secretFile(),
    ...tlsSettings(),
  };
}

/** What `connectBus`, `connectState` and the gRPC clients want to know. */
export interface FarmConnection {
  readonly nats: {
    readonly servers: readonly string[];
    readonly user: string;
    readonly pass: string;
    readonly tls: FarmTls | undefined;
  };
  /** The password is in the URL: a secret. */
  readonly redis: { readonly url: string; readonly tls: FarmTls | undefined };
  readonly farmSecret: string;
  /** Of gRPC and lanes over TCP. */
  readonly tls: FarmTls | undefined;
}

/** The farm's part of what was read. Errors: CONFIG_INVALID, see `tlsOf`. */
export function farmConnection(read: z.output<z.ZodObject<ReturnType<typeof farmSettings>>>): FarmConnection {
  const tls = tlsOf(read);
  const redis = new URL(read.ANCLOUD_REDIS_URL);
  redis.password = read.ANCLOUD_REDIS_PASS_FILE;
  return {
    nats: {
      servers: read.ANCLOUD_NATS_URL,
      user: read.ANCLOUD_NATS_USER,
      pass: read.ANCLOUD_NATS_PASS_FILE,
      tls,
    },
    redis: { url: redis.href, tls },
    tls,
    farmSecret: read.ANCLOUD_FARM_SECRET_FILE,
  };
}

function natsServers() {
  return z
    .string()
    .transform((text, context) => {
      const servers = text.split(',').map((server) => server.trim());
      const schemes = servers.map((server) => URL.parse(server)?.protocol);
      const wrong = schemes.some((scheme) => scheme !== 'nats:' && scheme !== 'tls:');
      // Servers of one cluster: who has TLS with one of them does not speak plain text to the next.
      const mixed = new Set(schemes).size > 1;
      if (!wrong && !mixed) return servers;
      const message = wrong ? 'is not a list of NATS URLs' : 'has nats:// beside tls://';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .describe('write nats://host:port or tls://host:port, several separated by commas');
}
