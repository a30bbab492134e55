import path from 'node:path';
import type { ServiceName } from '@ancloud/contracts';
import { hostIdFrom } from '@ancloud/kit/host-id';
import { SERVICE_FLAGS } from '@ancloud/kit/service-flags';
import type { Artifacts } from '../setup/artifacts.js';
import { files, type Layout } from '../layout.js';

/** One process the supervisor keeps alive. */
export interface ProcessSpec {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** How to know that it serves: an HTTP address that answers 200, or a TCP port that accepts. */
  readonly ready: { readonly url: string } | { readonly tcp: number };
  /** Started first, stopped last. */
  readonly tier: 'store' | 'service';
}

/** Settings of the machine's operator that are passed on to services untouched. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'ANCLOUD_LOG_LEVEL',
  'ANCLOUD_MAX_PHONES',
  'ANCLOUD_SCHEDULABLE',
  'ANCLOUD_RAISE_LIMITS',
  'ANCLOUD_PHONE_CPUS',
  'ANCLOUD_BOOT_PARALLEL',
  'ANCLOUD_INIT_TIMEOUT',
  'ANCLOUD_ZYGOTE_TIMEOUT',
  'ANCLOUD_BOOT_TIMEOUT',
  'ANCLOUD_STOP_GRACE',
  'ANCLOUD_ADB_UID',
  'ANCLOUD_DOORS',
  'ANCLOUD_LXCFS_DIR',
  'ANCLOUD_DNS_SERVERS',
  'ANCLOUD_PUBLIC_PORTS',
  'ANCLOUD_HOST_LABELS',
  'ANCLOUD_MEDIA_WORKERS',
  'ANCLOUD_MEDIA_VIEWERS_PER_WORKER',
  'ANCLOUD_MEDIA_PACKETS_PER_WORKER',
  'ANCLOUD_STREAM_IDLE_SECONDS',
  'ANCLOUD_RTP_SRTP',
  'ANCLOUD_OCR_LANGUAGE',
  'ANCLOUD_RECORDINGS_MIB',
  'ANCLOUD_PUSH_ALLOW',
  'NODE_EXTRA_CA_CERTS',
  'ANCLOUD_WEBRTC_ANNOUNCED',
  'ANCLOUD_ALLOWED_ORIGINS',
  'ANCLOUD_ICE_SERVERS',
  'ANCLOUD_TURN_URLS',
  'ANCLOUD_PUBLIC_URL',
  'ANCLOUD_IMPORT_DIRS',
  'ANCLOUD_INSECURE_REGISTRIES',
  'ANCLOUD_FAULT',
  'ANCLOUD_ENABLE_FAULTS',
] as const;

/** The whole process table of a farm on one machine. Pure. */
export function processTable(layout: Layout, artifacts: Artifacts, env: NodeJS.ProcessEnv): ProcessSpec[] {
  const { ports, tls } = layout;
  const passed = Object.fromEntries(
    PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  ) as Record<string, string>;

  const service = (
    name: ServiceName,
    grpcPort: number,
    own: Readonly<Record<string, string>>,
    ready: ProcessSpec['ready'] = { url: `http://127.0.0.1:${ports.metrics[name]}/healthz` },
  ): ProcessSpec => ({
    name,
    tier: 'service',
    argv: [process.execPath, ...SERVICE_FLAGS, path.join(layout.root, 'services', name, 'bundle/main.js')],
    env: {
      ...passed,
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: path.join(layout.cache, 'node'),
      ANCLOUD_NATS_URL: `${tls === undefined ? 'nats' : 'tls'}://127.0.0.1:${ports.nats}`,
      ANCLOUD_NATS_USER: name,
      ANCLOUD_NATS_PASS_FILE: files.secret(layout, `nats-${name}`),
      ANCLOUD_REDIS_URL: `${tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${ports.redis}`,
      ANCLOUD_REDIS_PASS_FILE: files.secret(layout, 'redis'),
      ANCLOUD_FARM_SECRET_FILE: files.secret(layout, 'farm'),
      ...(tls === undefined
        ? {}
        : {
            ANCLOUD_TLS_CA_FILE: tls.ca,
            ANCLOUD_TLS_CERT_FILE: tls.cert,
            ANCLOUD_TLS_KEY_FILE: tls.key,
          }),
      ANCLOUD_GRPC_LISTEN: `127.0.0.1:${grpcPort}`,
      ANCLOUD_METRICS_LISTEN: `127.0.0.1:${ports.metrics[name]}`,
      ...own,
    },
    ready,
  });

  /** All on one machine: a socket file is faster than TCP by a fifth, and nobody else can open it. */
  const lane = (of: string): string => `unix:${path.join(layout.run, `${of}.lane`)}`;

  const media = {
    ANCLOUD_WEBRTC_LISTEN_IP: layout.webrtcIps.join(','),
    MEDIASOUP_WORKER_BIN: artifacts.mediasoupWorker,
  };

  const region = (index: number): Record<string, string> => {
    const label = layout.regions[index];
    return label === undefined ? {} : { ANCLOUD_REGION: label };
  };

  return [
    {
      name: 'nats',
      tier: 'store',
      argv: [artifacts.natsServer, '-c', path.join(layout.home, 'nats.conf')],
      env: passed,
      ready: { tcp: ports.nats },
    },
    {
      name: 'redis',
      tier: 'store',
      argv: [artifacts.redisServer, path.join(layout.home, 'redis.conf')],
      env: passed,
      ready: { tcp: ports.redis },
    },
    service('container-svc', ports.container, {
      ANCLOUD_HOST_ID: layout.hostId,
      ANCLOUD_STATE_DIR: layout.home,
      ANCLOUD_RUN_DIR: layout.run,
      ANCLOUD_BRIDGE: layout.bridge,
      ANCLOUD_SUBNET: layout.subnet,
      ANCLOUD_ADB_PUBLIC_KEY_FILE: files.secret(layout, 'adb-key.pub'),
      ANCLOUD_IMPORT_DIRS: [
        layout.cache,
        path.join(layout.home, 'import'),
        ...(env['ANCLOUD_IMPORT_DIRS']?.split(':') ?? []),
      ].join(':'),
      ANCLOUD_SHIM_BIN: artifacts.shim,
      ANCLOUD_HOSTCAP_BIN: artifacts.hostcap,
    }),
    service('session-svc', ports.session, {
      ANCLOUD_HOST_ID: layout.hostId,
      ANCLOUD_ADB_KEY_FILE: files.secret(layout, 'adb-key'),
      ANCLOUD_SCRCPY_SERVER: env['ANCLOUD_SCRCPY_SERVER'] ?? files.scrcpyServer(layout),
      ANCLOUD_SCRCPY_VERSION: env['ANCLOUD_SCRCPY_VERSION'] ?? '4.1',
      ANCLOUD_LANE_LISTEN: lane('session'),
    }),
    service('media-svc', ports.media, {
      ...media,
      ...region(0),
      ANCLOUD_MEDIA_ID: hostIdFrom(`media-${layout.hostId}`),
      ANCLOUD_WEBRTC_PORT: String(ports.webrtc),
      ANCLOUD_RECORDINGS_DIR: path.join(layout.home, 'recordings'),
      ANCLOUD_PUSHES_DIR: path.join(layout.home, 'pushes'),
    }),
    ...(layout.medias < 2
      ? []
      : [
          {
            ...service(
              'media-svc',
              ports.standby.grpc,
              {
                ...media,
                ...region(1),
                ANCLOUD_MEDIA_ID: hostIdFrom(`media-2-${layout.hostId}`),
                ANCLOUD_WEBRTC_PORT: String(ports.standby.webrtc),
                ANCLOUD_RECORDINGS_DIR: path.join(layout.home, 'recordings-2'),
                ANCLOUD_METRICS_LISTEN: `127.0.0.1:${ports.standby.metrics}`,
              },
              { url: `http://127.0.0.1:${ports.standby.metrics}/healthz` },
            ),
            name: 'media-svc-2',
          },
        ]),
    service('input-svc', ports.input, {
      ANCLOUD_INPUT_ID: hostIdFrom(`input-${layout.hostId}`),
      ANCLOUD_LANE_LISTEN: lane('input'),
    }),
    service(
      'gateway',
      ports.grpc,
      {
        ANCLOUD_HTTP_LISTEN: `${layout.httpIp}:${ports.http}`,
        ANCLOUD_API_KEY_FILE: files.secret(layout, 'api-key'),
        ANCLOUD_TOKEN_SECRET_FILE: files.secret(layout, 'token'),
        ANCLOUD_TURN_SECRET_FILE: env['ANCLOUD_TURN_SECRET_FILE'] ?? files.secret(layout, 'turn'),
        ANCLOUD_WEB_DIR: path.join(layout.root, 'web/dist'),
      },
      // Ready means more than healthy: it serves the console and has its stores.
      { url: `http://127.0.0.1:${ports.http}/readyz` },
    ),
  ];
}
