import path from 'node:path';
import { SERVICE_FLAGS } from '@ancloud/kit/service-flags';
import { files, type Layout } from '../layout.js';
import type { ProcessSpec } from './processes.js';

const CONTAINER = { grpc: 7101, metrics: 7201 } as const;
const SESSION = { grpc: 7102, metrics: 7202 } as const;

/**
 * The two services of a host that is a container. Everything both need comes from the container's environment
 * (ANCLOUD_NATS_URL, ANCLOUD_REDIS_URL, ANCLOUD_FARM_SECRET_FILE …); what differs between them is set here. Pure.
 *
 * `self`: what the other containers call this one, and its address in their network, where RTP is sent to and from.
 */
export function hostProcesses(
  layout: Layout,
  env: Readonly<Record<string, string | undefined>>,
  self: { readonly name: string; readonly ip: string },
): ProcessSpec[] {
  const inherited = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const secrets = env['ANCLOUD_FARM_DIR'] ?? layout.home;
  const service = (
    which: 'container-svc' | 'session-svc',
    ports: { readonly grpc: number; readonly metrics: number },
    own: Readonly<Record<string, string>>,
  ): ProcessSpec => ({
    name: which,
    tier: 'service',
    argv: [process.execPath, ...SERVICE_FLAGS, path.join(layout.root, 'services', which, 'bundle/main.js')],
    env: {
      ...inherited,
      ANCLOUD_HOST_ID: layout.hostId,
      ANCLOUD_NATS_USER: which,
      ANCLOUD_NATS_PASS_FILE: path.join(secrets, `secrets/nats-${which}`),
      ANCLOUD_REDIS_PASS_FILE: path.join(secrets, 'secrets/redis'),
      ANCLOUD_FARM_SECRET_FILE: path.join(secrets, 'secrets/farm'),
      ANCLOUD_GRPC_LISTEN: `0.0.0.0:${ports.grpc}`,
      ANCLOUD_GRPC_ADVERTISE: `${self.name}:${ports.grpc}`,
      ANCLOUD_METRICS_LISTEN: `127.0.0.1:${ports.metrics}`,
      ...own,
    },
    ready: { url: `http://127.0.0.1:${ports.metrics}/healthz` },
  });
  return [
    service('container-svc', CONTAINER, {
      ANCLOUD_STATE_DIR: layout.home,
      ANCLOUD_RUN_DIR: layout.run,
      ANCLOUD_BRIDGE: layout.bridge,
      ANCLOUD_SUBNET: layout.subnet,
      ANCLOUD_ADB_PUBLIC_KEY_FILE: files.secret(layout, 'adb-key.pub'),
    }),
    service('session-svc', SESSION, {
      ANCLOUD_ADB_KEY_FILE: files.secret(layout, 'adb-key'),
      ANCLOUD_RTP_LISTEN_IP: self.ip,
      ANCLOUD_SCRCPY_SERVER: env['ANCLOUD_SCRCPY_SERVER'] ?? files.scrcpyServer(layout),
    }),
  ];
}
