import os from 'node:os';
import path from 'node:path';
import { hostIdPattern } from '@ancloud/contracts';
import {
  absolutePath,
  address,
  AppError,
  duration,
  flag,
  integer,
  loadConfig,
  secretFile,
} from '@ancloud/kit';
import { z } from 'zod';
import { parseSubnet, slotCount } from './core/addresses.js';

/** Overlay and mount options are split at commas and colons, so the folders may hold none. */
const folder = () =>
  absolutePath().regex(
    /^(?:\/[A-Za-z0-9._-]+)+$/,
    'has characters other than letters, digits, dot, dash, underscore',
  );

const here = path.join(import.meta.dirname, '..');

const schema = z.object({
  // False: no farm. Phones are told on the local socket only; Redis, NATS and the farm secret are not needed.
  ANCLOUD_FARM: flag().default(true),
  ANCLOUD_NATS_URL: z.string().default('nats://127.0.0.1:4222'),
  ANCLOUD_NATS_USER: z.string().default('container-svc'),
  ANCLOUD_NATS_PASS_FILE: secretFile().optional(),
  // A secret when it holds a password; the password file is the better place.
  ANCLOUD_REDIS_URL: z.string().default('redis://127.0.0.1:6379'),
  ANCLOUD_REDIS_PASS_FILE: secretFile().optional(),
  ANCLOUD_FARM_SECRET_FILE: secretFile().optional(),
  ANCLOUD_GRPC_LISTEN: address().default('127.0.0.1:7101'),
  // What gateways dial. Default: where we listen.
  ANCLOUD_GRPC_ADVERTISE: z.string().optional(),
  // Empty = off.
  ANCLOUD_METRICS_LISTEN: address().optional(),
  ANCLOUD_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  // Name of this host in the farm, a DNS label, the same for ever.
  ANCLOUD_HOST_ID: z.string().regex(hostIdPattern, 'is not a DNS label').default(defaultHostId()),
  // Images, data and targets: survives everything.
  ANCLOUD_STATE_DIR: folder().default('/var/lib/ancloud'),
  // Mounts, sockets, locks: of this boot of the machine.
  ANCLOUD_RUN_DIR: folder().default('/run/ancloud'),
  ANCLOUD_BRIDGE: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,14}$/, 'is not a device name of at most 15 characters')
    .default('ancloud'),
  // The host's own address on the bridge and the phones' range: /16 to /29.
  ANCLOUD_SUBNET: z
    .string()
    .default('192.168.240.1/24')
    .transform((text, context) => {
      const subnet = parseSubnet(text);
      if (subnet !== undefined) return subnet;
      context.addIssue({
        code: 'custom',
        message: 'is not a host address with a prefix of 16 to 29, e.g. 192.168.240.1/24',
      });
      return z.NEVER;
    }),
  // session-svc's public adb key; put into each phone's data before it boots. May appear later.
  ANCLOUD_ADB_PUBLIC_KEY_FILE: absolutePath().optional(),
  // User that session-svc runs as, when it is not root: besides root the only one on this host whom phones' adb answers.
  ANCLOUD_ADB_UID: integer({ min: 0, max: 4_294_967_294 }).optional(),
  // Folders from which images may be imported, separated by colons.
  ANCLOUD_IMPORT_DIRS: z.string().optional(),
  ANCLOUD_MAX_PHONES: integer({ min: 1, max: 1_919 }).optional(),
  // `key=value,key=value`, for placement.
  ANCLOUD_HOST_LABELS: z
    .string()
    .regex(/^[^=,]+=[^=,]*(?:,[^=,]+=[^=,]*)*$/, 'is not key=value,…')
    .optional(),
  // False while the host is being emptied: it keeps its phones and takes no new ones.
  ANCLOUD_SCHEDULABLE: flag().default(true),
  ANCLOUD_SHIM_BIN: absolutePath().default(path.join(here, 'shim/out/phone-shim')),
  ANCLOUD_HOSTCAP_BIN: absolutePath().default(path.join(here, 'native/out/ancloud-hostcap')),
  // Phones that boot at once. Default: one per core.
  ANCLOUD_BOOT_PARALLEL: integer({ min: 1, max: 64 }).optional(),
  // Until the property area exists, and until sys.boot_completed.
  ANCLOUD_INIT_TIMEOUT: duration({ min: 1_000 }).prefault('30s'),
  ANCLOUD_BOOT_TIMEOUT: duration({ min: 1_000 }).prefault('300s'),
  // How long init may take to end by itself before it is killed.
  ANCLOUD_STOP_GRACE: duration({ min: 0, max: 300_000 }).prefault('10s'),
  // Both are for tests: `<step>:<before|inside|after>` kills the process there.
  ANCLOUD_ENABLE_FAULTS: flag().default(false),
  ANCLOUD_FAULT: z.string().optional(),
});

function defaultHostId(): string {
  const name = (os.hostname().split('.')[0] ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 63);
  return hostIdPattern.test(name) ? name : 'host';
}

export type Config = ReturnType<typeof readConfig>;

/** The environment as a typed, cross-checked object, read once. Errors: CONFIG_INVALID naming every mistake. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const raw = loadConfig(schema, env);
  const secret = raw.ANCLOUD_FARM_SECRET_FILE;
  if (raw.ANCLOUD_FARM && secret === undefined)
    throw new AppError('CONFIG_INVALID', 'ANCLOUD_FARM_SECRET_FILE is not set', {
      field: 'ANCLOUD_FARM_SECRET_FILE',
      fix: 'name the farm’s secret file, or run without a farm: ANCLOUD_FARM=false',
    });
  return {
    farm: raw.ANCLOUD_FARM
      ? {
          natsUrl: raw.ANCLOUD_NATS_URL,
          natsUser: raw.ANCLOUD_NATS_USER,
          natsPass: raw.ANCLOUD_NATS_PASS_FILE ?? '',
          redisUrl: withPassword(raw.ANCLOUD_REDIS_URL, raw.ANCLOUD_REDIS_PASS_FILE),
          secret: secret ?? '',
        }
      : undefined,
    grpcListen: raw.ANCLOUD_GRPC_LISTEN,
    grpcAdvertise: raw.ANCLOUD_GRPC_ADVERTISE ?? raw.ANCLOUD_GRPC_LISTEN,
    metricsListen: raw.ANCLOUD_METRICS_LISTEN,
    logLevel: raw.ANCLOUD_LOG_LEVEL,
    hostId: raw.ANCLOUD_HOST_ID,
    stateDir: raw.ANCLOUD_STATE_DIR,
    runDir: raw.ANCLOUD_RUN_DIR,
    bridge: raw.ANCLOUD_BRIDGE,
    subnet: raw.ANCLOUD_SUBNET,
    adbPublicKeyFile: raw.ANCLOUD_ADB_PUBLIC_KEY_FILE,
    adbUids: [...new Set([0, raw.ANCLOUD_ADB_UID ?? 0])],
    importDirs: raw.ANCLOUD_IMPORT_DIRS?.split(':').filter((dir) => dir !== '') ?? [
      path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'ancloud'),
      path.join(raw.ANCLOUD_STATE_DIR, 'import'),
    ],
    maxPhones: raw.ANCLOUD_MAX_PHONES ?? slotCount(raw.ANCLOUD_SUBNET),
    labels: Object.fromEntries(
      (raw.ANCLOUD_HOST_LABELS ?? '')
        .split(',')
        .flatMap((pair) => (pair === '' ? [] : [pair.split('=', 2) as [string, string]])),
    ),
    schedulable: raw.ANCLOUD_SCHEDULABLE,
    shimBin: raw.ANCLOUD_SHIM_BIN,
    hostcapBin: raw.ANCLOUD_HOSTCAP_BIN,
    bootParallel: raw.ANCLOUD_BOOT_PARALLEL ?? Math.max(1, os.availableParallelism()),
    limits: { init: raw.ANCLOUD_INIT_TIMEOUT, completed: raw.ANCLOUD_BOOT_TIMEOUT },
    graceMs: raw.ANCLOUD_STOP_GRACE,
    fault: raw.ANCLOUD_ENABLE_FAULTS ? raw.ANCLOUD_FAULT : undefined,
  };
}

/** The password from its file goes into the URL, in place of any that stands there. */
function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const parsed = new URL(url);
  parsed.password = password;
  return parsed.toString();
}
