import path from 'node:path';
import type { ServiceName } from '@ancloud/contracts';
import { integer, interfaceName, ipAddress, ipAddresses, list, loadConfig } from '@ancloud/kit/config';
import { tlsOf, tlsSettings } from '@ancloud/kit/farm-tls';
import { hostId } from '@ancloud/kit/host-id';
import { z } from 'zod';

/** TCP and UDP ports of one farm on this machine. All derive from one base, so two farms need only two bases. */
export interface Ports {
  readonly http: number;
  readonly grpc: number;
  readonly container: number;
  readonly session: number;
  readonly media: number;
  readonly input: number;
  /** First port of mediasoup's WebRtcServers: one per worker, UDP and TCP. */
  readonly webrtc: number;
  /** The same of a second media-svc, which is there only where it is asked for. */
  readonly standby: { readonly grpc: number; readonly webrtc: number; readonly metrics: number };
  readonly nats: number;
  readonly redis: number;
  /** /metrics and /healthz of each service. */
  readonly metrics: Readonly<Record<ServiceName, number>>;
}

/** Mutual TLS of this farm: paths of PEM files, as `tlsSettings` reads them. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Where everything of one farm on this machine lies. Pure: nothing is created by asking. */
export interface Layout {
  /** The checkout. */
  readonly root: string;
  /** Everything that lasts: phones, images, secrets, Redis, logs. */
  readonly home: string;
  /** Everything that ends with the machine: mount points, sockets. */
  readonly run: string;
  /** Heavy builds by content hash: `XDG_CACHE_HOME`/ancloud, default ~/.cache/ancloud. */
  readonly cache: string;
  readonly hostId: string;
  readonly bridge: string;
  /** Address of the bridge with its prefix. */
  readonly subnet: string;
  /** Where viewers reach WebRTC. */
  readonly webrtcIps: readonly string[];
  /** How many media-svcs. */
  readonly medias: number;
  /** Theirs, in that order. */
  readonly regions: readonly string[];
  /** Where browsers reach the console. */
  readonly httpIp: string;
  readonly ports: Ports;
  /** Undefined = NATS, Redis and gRPC speak plain text. */
  readonly tls: TlsFiles | undefined;
}

/** How many ports from the base on a farm may take. */
const PORTS = 400;

/** What every command reads; each service reads its own besides (`services/*`/src/config.ts). */
const settings = (hostname: string) =>
  z.object({
    /** Phones, images, secrets, Redis, logs: all that must last. Default /var/lib/ancloud. */
    ANCLOUD_HOME: z.string().default('/var/lib/ancloud'),
    /** Mount points, sockets: all that ends with the machine. Default /run/ancloud. */
    ANCLOUD_RUN_DIR: z.string().default('/run/ancloud'),
    ANCLOUD_HOST_ID: hostId(hostname),
    /** The phones' bridge. Default ancloud. */
    ANCLOUD_BRIDGE: interfaceName().default('ancloud'),
    /** The bridge's address with the prefix of the phones' network, /16 to /29. Default 192.168.240.1/24. */
    ANCLOUD_SUBNET: z
      .cidrv4({ error: 'is not an IPv4 address with a prefix' })
      .default('192.168.240.1/24')
      .describe('write e.g. 10.231.7.1/24'),
    /** First of a farm's ports: two farms on a machine need two. Default 7000. */
    ANCLOUD_PORT_BASE: integer({ min: 1024, max: 65_535 - PORTS }).prefault('7000'),
    /** Addresses of this machine that viewers' packets arrive at, at most 8. Default 127.0.0.1. */
    ANCLOUD_WEBRTC_LISTEN_IP: ipAddresses(8).prefault('127.0.0.1'),
    /**
     * How many media-svcs, 1 or 2. With two, the viewers of one that dies go to the other at once instead of waiting until it
     * runs again. Default 1.
     */
    ANCLOUD_MEDIA_INSTANCES: integer({ min: 1, max: 2 }).prefault('1'),
    /** Regions of the media-svcs, in their order: labels separated by commas. Default none. */
    ANCLOUD_MEDIA_REGIONS: list().optional(),
    /** Address of this machine that serves the console. Default 127.0.0.1. */
    ANCLOUD_HTTP_IP: ipAddress().default('127.0.0.1'),
  });

/** Reads the environment once, and the files of TLS that it names. Errors: CONFIG_INVALID with all mistakes. */
export function layoutFrom(root: string, env: NodeJS.ProcessEnv, hostname: string): Layout {
  const read = loadConfig(settings(hostname), env);
  // What is wrong with them is said here, and not five times in the services' logs.
  const guarded = tlsOf(loadConfig(z.object(tlsSettings()), env)) !== undefined;
  const file = (name: string): string => path.resolve(env[name] ?? '');
  const base = read.ANCLOUD_PORT_BASE;
  return {
    root,
    home: path.resolve(read.ANCLOUD_HOME),
    run: path.resolve(read.ANCLOUD_RUN_DIR),
    cache: path.join(env['XDG_CACHE_HOME'] ?? path.join(env['HOME'] ?? '/root', '.cache'), 'ancloud'),
    hostId: read.ANCLOUD_HOST_ID,
    bridge: read.ANCLOUD_BRIDGE,
    subnet: read.ANCLOUD_SUBNET,
    webrtcIps: read.ANCLOUD_WEBRTC_LISTEN_IP,
    medias: read.ANCLOUD_MEDIA_INSTANCES,
    regions: read.ANCLOUD_MEDIA_REGIONS ?? [],
    httpIp: read.ANCLOUD_HTTP_IP,
    tls: guarded
      ? {
          ca: file('ANCLOUD_TLS_CA_FILE'),
          cert: file('ANCLOUD_TLS_CERT_FILE'),
          key: file('ANCLOUD_TLS_KEY_FILE'),
        }
      : undefined,
    ports: {
      http: base + 80,
      grpc: base + 81,
      container: base + 101,
      session: base + 102,
      media: base + 103,
      input: base + 104,
      webrtc: base + 300,
      // Room for 40 workers each.
      standby: { grpc: base + 106, webrtc: base + 340, metrics: base + 206 },
      nats: base + 222,
      redis: base + 379,
      metrics: {
        'container-svc': base + 201,
        'session-svc': base + 202,
        'media-svc': base + 203,
        'input-svc': base + 204,
        gateway: base + 205,
      },
    },
  };
}

/** Every port of a farm by what it is for. */
export function portsOf({
  medias,
  ports: { metrics, standby, ...own },
}: Layout): [name: string, port: number][] {
  const second = Object.entries(standby).map(([name, port]): [string, number] => [
    `second media-svc, ${name}`,
    port,
  ]);
  return [
    ...Object.entries(own),
    ...(medias > 1 ? second : []),
    ...Object.entries(metrics).map(([name, port]): [string, number] => [`metrics of ${name}`, port]),
  ];
}

/** The farm's files, by purpose. */
export const files = {
  secret: (layout: Layout, name: string): string => path.join(layout.home, 'secrets', name),
  log: (layout: Layout, name: string): string => path.join(layout.home, 'logs', `${name}.log`),
  supervisorSocket: (layout: Layout): string => path.join(layout.run, 'supervisor.sock'),
  scrcpyServer: (layout: Layout): string => path.join(layout.home, 'scrcpy-server'),
} as const;
