import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';

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
  readonly nats: number;
  readonly redis: number;
  /** /metrics and /healthz of each service. */
  readonly metrics: Readonly<Record<'container' | 'session' | 'media' | 'input', number>>;
}

/** Where everything of one farm on this machine lies. Pure: nothing is created by asking. */
export interface Layout {
  /** The checkout. */
  readonly root: string;
  /** Everything that lasts: phones, images, secrets, Redis, logs. `ANCLOUD_HOME`, default /var/lib/ancloud. */
  readonly home: string;
  /** Everything that ends with the machine: mount points, sockets. `ANCLOUD_RUN_DIR`, default /run/ancloud. */
  readonly run: string;
  /** Heavy builds by content hash: `XDG_CACHE_HOME`/ancloud, default ~/.cache/ancloud. */
  readonly cache: string;
  readonly hostId: string;
  /** `ANCLOUD_BRIDGE`, default ancloud; at most 15 bytes (IFNAMSIZ). */
  readonly bridge: string;
  /** Address of the bridge with its prefix. `ANCLOUD_SUBNET`, default 192.168.240.1/24. */
  readonly subnet: string;
  /** Where viewers reach WebRTC. `ANCLOUD_WEBRTC_LISTEN_IP`, default 127.0.0.1. */
  readonly webrtcIp: string;
  /** Where browsers reach the console. `ANCLOUD_HTTP_IP`, default 127.0.0.1. */
  readonly httpIp: string;
  readonly ports: Ports;
}

const PORT_BASE_MAX = 65_535 - 400;

/** Reads the environment once. Errors: CONFIG_INVALID naming the variable. */
export function layoutFrom(root: string, env: NodeJS.ProcessEnv, hostname: string): Layout {
  const base = Number(env['ANCLOUD_PORT_BASE'] ?? '7000');
  if (!Number.isInteger(base) || base < 1024 || base > PORT_BASE_MAX) {
    throw new AppError(
      'CONFIG_INVALID',
      `ANCLOUD_PORT_BASE is not a whole number from 1024 to ${PORT_BASE_MAX}`,
      {
        field: 'ANCLOUD_PORT_BASE',
        value: String(env['ANCLOUD_PORT_BASE']),
        fix: 'unset it for 7000, or choose a range of 400 free ports',
      },
    );
  }
  const bridge = env['ANCLOUD_BRIDGE'] ?? 'ancloud';
  if (!/^[a-z][a-z0-9-]{0,14}$/.test(bridge)) {
    throw new AppError('CONFIG_INVALID', 'ANCLOUD_BRIDGE is not a network interface name', {
      field: 'ANCLOUD_BRIDGE',
      value: bridge,
      fix: 'use 1 to 15 of a-z, 0-9 and -, beginning with a letter',
    });
  }
  return {
    root,
    home: path.resolve(env['ANCLOUD_HOME'] ?? '/var/lib/ancloud'),
    run: path.resolve(env['ANCLOUD_RUN_DIR'] ?? '/run/ancloud'),
    cache: path.join(env['XDG_CACHE_HOME'] ?? path.join(env['HOME'] ?? '/root', '.cache'), 'ancloud'),
    hostId: env['ANCLOUD_HOST_ID'] ?? hostIdFrom(hostname),
    bridge,
    subnet: env['ANCLOUD_SUBNET'] ?? '192.168.240.1/24',
    webrtcIp: env['ANCLOUD_WEBRTC_LISTEN_IP'] ?? '127.0.0.1',
    httpIp: env['ANCLOUD_HTTP_IP'] ?? '127.0.0.1',
    ports: {
      http: base + 80,
      grpc: base + 81,
      container: base + 101,
      session: base + 102,
      media: base + 103,
      input: base + 104,
      webrtc: base + 300,
      nats: base + 222,
      redis: base + 379,
      metrics: { container: base + 201, session: base + 202, media: base + 203, input: base + 204 },
    },
  };
}

/** A DNS label from whatever the machine is called: host ids stand in keys, subjects and paths. */
export function hostIdFrom(hostname: string): string {
  const label = (hostname.split('.')[0] ?? '').toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-');
  const trimmed = label.slice(0, 63).replaceAll(/^-+|-+$/g, '');
  return trimmed === '' ? 'host' : trimmed;
}

/** The farm's files, by purpose. */
export const files = {
  secret: (layout: Layout, name: string): string => path.join(layout.home, 'secrets', name),
  log: (layout: Layout, name: string): string => path.join(layout.home, 'logs', `${name}.log`),
  supervisorSocket: (layout: Layout): string => path.join(layout.run, 'supervisor.sock'),
  scrcpyServer: (layout: Layout): string => path.join(layout.home, 'scrcpy-server'),
} as const;
