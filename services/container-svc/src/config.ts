import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  absolutePath,
  address,
  duration,
  farmConnection,
  farmSettings,
  flag,
  formatCpuList,
  hostId,
  integer,
  interfaceName,
  list,
  loadConfig,
  parseCpuList,
  processSettings,
  secretFile,
} from '@ancloud/kit';
import { z } from 'zod';
import { parseSubnet, slotCount } from './core/addresses.js';
import { SERVICE } from './workspace.js';

/** Overlay and mount options are split at commas and colons, so the folders may hold none. */
const folder = () =>
  absolutePath().regex(
    /^(?:\/[A-Za-z0-9._-]+)+$/,
    'has characters other than letters, digits, dot, dash, underscore',
  );

/** `first-last`, or a single port. */
const portRange = () =>
  z.string().transform((text, context) => {
    const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
    const range = { first: Number(first), last: Number(last) };
    if (range.first >= 1 && range.first <= range.last && range.last <= 65_535) return range;
    context.addIssue({ code: 'custom', message: 'is not a range of ports, e.g. 20000-20999' });
    return z.NEVER;
  });

/** CPUs such as `2-15` or `4,6,8-11`, as the kernel writes them. */
const cpuList = () =>
  z.string().transform((text, context) => {
    const cpus = parseCpuList(text) ?? [];
    if (cpus.length > 0) return formatCpuList(cpus);
    context.addIssue({ code: 'custom', message: 'is not a list of CPUs, e.g. 2-15 or 4,6,8-11' });
    return z.NEVER;
  });

/** Addresses of DNS servers, an IPv4 one with a port or without. Answers them as dnsmasq writes them, `address#port`. */
const nameServers = () =>
  list().transform((words, context) =>
    words.map((word) => {
      const [, address = word, port = '53'] = /^([\d.]+):(\d{1,5})$/.exec(word) ?? [];
      if (net.isIP(address) !== 0 && Number(port) >= 1 && Number(port) <= 65_535) return `${address}#${port}`;
      context.addIssue({
        code: 'custom',
        message: `has ${word}, which is no IP address, e.g. 192.0.2.53 or 192.0.2.53:5353`,
      });
      return z.NEVER;
    }),
  );

const own = z.object({
  ...processSettings({ grpcPort: 7101 }),
  /** False: no farm. Phones are told on the local socket only; Redis, NATS and the farm secret are not needed. */
  ANCLOUD_FARM: flag().default(true),
  /** What gateways dial. Default: where we listen. */
  ANCLOUD_GRPC_ADVERTISE: address().optional(),
  ANCLOUD_HOST_ID: hostId(os.hostname()),
  /** Images, data and targets: survives everything. */
  ANCLOUD_STATE_DIR: folder().default('/var/lib/ancloud'),
  /** Mounts, sockets, locks: of this boot of the machine. */
  ANCLOUD_RUN_DIR: folder().default('/run/ancloud'),
  /** The phones' bridge. */
  ANCLOUD_BRIDGE: interfaceName().default('ancloud'),
  /** The host's own address on the bridge and the phones' range: /16 to /29. */
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
  /** DNS servers that phones' names are asked of, in any order. Default: those of this host's /etc/resolv.conf. */
  ANCLOUD_DNS_SERVERS: nameServers().optional(),
  /** session-svc's public adb key; put into each phone's data before it boots. May appear later. */
  ANCLOUD_ADB_PUBLIC_KEY_FILE: absolutePath().optional(),
  /** User that session-svc runs as, when it is not root: besides root the only one on this host whom phones' adb answers. */
  ANCLOUD_ADB_UID: integer({ min: 0, max: 4_294_967_294 }).optional(),
  /**
   * Doors of phones (ADR 22): `auto` = where the kernel can refuse the descriptors that a phone might send through one (Linux 6.16), `trusted` =
   * also where it cannot, for phones whose users would not hold up their host's session-svc, `off` = none: pictures and touches go by adb.
   */
  ANCLOUD_DOORS: z.enum(['auto', 'trusted', 'off']).default('auto'),
  /** Folders from which images may be imported, separated by colons. */
  ANCLOUD_IMPORT_DIRS: z.string().optional(),
  /** Registries, as `host[:port]`, that images may be pulled from without TLS or with a certificate that nobody vouches for. */
  ANCLOUD_INSECURE_REGISTRIES: list().optional(),
  /** Ports of this host that phones may ask for, `first-last`, e.g. `20000-20999`. Default: none. */
  ANCLOUD_PUBLIC_PORTS: portRange().optional(),
  /** Where lxcfs is mounted, by which phones see their own memory and CPUs; `off` = they see the host's. */
  ANCLOUD_LXCFS_DIR: z.union([z.literal('off'), folder()]).default('/var/lib/lxcfs'),
  /** CPUs that phones run on (cgroup's cpuset.cpus), such as `2-15`: the others are left to the services. Default: all. */
  ANCLOUD_PHONE_CPUS: cpuList().optional(),
  ANCLOUD_MAX_PHONES: integer({ min: 1, max: 1_919 }).optional(),
  /** `key=value,key=value`, for placement. */
  ANCLOUD_HOST_LABELS: z
    .string()
    .regex(/^[^=,]+=[^=,]*(?:,[^=,]+=[^=,]*)*$/, 'is not key=value,…')
    .optional(),
  /** False while the host is being emptied: it keeps its phones and takes no new ones. */
  ANCLOUD_SCHEDULABLE: flag().default(true),
  ANCLOUD_SHIM_BIN: absolutePath().default(path.join(SERVICE, 'shim/out/phone-shim')),
  ANCLOUD_HOSTCAP_BIN: absolutePath().default(path.join(SERVICE, 'native/out/ancloud-hostcap')),
  /** Raise the machine’s ceilings of inotify, pids and open files where they are low and root may; never lowered. */
  ANCLOUD_RAISE_LIMITS: flag().default(true),
  /** Phones that boot at once on a host with CPU time to spare; fewer while it has none. Default: one per core that phones run on. */
  ANCLOUD_BOOT_PARALLEL: integer({ min: 1, max: 64 }).optional(),
  /** Until the property area exists, until init runs zygote, and until sys.boot_completed; all from the start of pid 1. */
  ANCLOUD_INIT_TIMEOUT: duration({ min: 1_000 }).prefault('30s'),
  ANCLOUD_ZYGOTE_TIMEOUT: duration({ min: 1_000 }).prefault('120s'),
  ANCLOUD_BOOT_TIMEOUT: duration({ min: 1_000 }).prefault('300s'),
  /** How long init may take to end by itself before it is killed. */
  ANCLOUD_STOP_GRACE: duration({ min: 0, max: 300_000 }).prefault('10s'),
  /** Both are for tests: `<step>:<before|inside|after>` kills the process there. */
  ANCLOUD_ENABLE_FAULTS: flag().default(false),
  ANCLOUD_FAULT: z.string().optional(),
});

const inFarm = own.extend({
  ...farmSettings('container-svc'),
  ANCLOUD_FARM_SECRET_FILE: secretFile().describe(
    'name the farm’s secret file, or run without a farm: ANCLOUD_FARM=false',
  ),
});

export type Config = ReturnType<typeof readConfig>;

/** The environment as a typed, cross-checked object, read once. Errors: CONFIG_INVALID naming every mistake. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const { raw, farm } = readRaw(env);
  return {
    farm,
    grpcListen: raw.ANCLOUD_GRPC_LISTEN,
    grpcAdvertise: raw.ANCLOUD_GRPC_ADVERTISE ?? raw.ANCLOUD_GRPC_LISTEN,
    metricsListen: raw.ANCLOUD_METRICS_LISTEN,
    hostId: raw.ANCLOUD_HOST_ID,
    stateDir: raw.ANCLOUD_STATE_DIR,
    runDir: raw.ANCLOUD_RUN_DIR,
    bridge: raw.ANCLOUD_BRIDGE,
    subnet: raw.ANCLOUD_SUBNET,
    nameServers: raw.ANCLOUD_DNS_SERVERS ?? [],
    adbPublicKeyFile: raw.ANCLOUD_ADB_PUBLIC_KEY_FILE,
    doors: raw.ANCLOUD_DOORS,
    /** Whose they are. */
    doorUid: raw.ANCLOUD_ADB_UID ?? 0,
    adbUids: [...new Set([0, raw.ANCLOUD_ADB_UID ?? 0])],
    importDirs: raw.ANCLOUD_IMPORT_DIRS?.split(':').filter((dir) => dir !== '') ?? [
      path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'ancloud'),
      path.join(raw.ANCLOUD_STATE_DIR, 'import'),
    ],
    insecureRegistries: raw.ANCLOUD_INSECURE_REGISTRIES ?? [],
    publicPorts: raw.ANCLOUD_PUBLIC_PORTS,
    lxcfsDir: raw.ANCLOUD_LXCFS_DIR === 'off' ? undefined : raw.ANCLOUD_LXCFS_DIR,
    phoneCpus: raw.ANCLOUD_PHONE_CPUS,
    maxPhones: raw.ANCLOUD_MAX_PHONES ?? slotCount(raw.ANCLOUD_SUBNET),
    labels: Object.fromEntries(
      (raw.ANCLOUD_HOST_LABELS ?? '')
        .split(',')
        .flatMap((pair) => (pair === '' ? [] : [pair.split('=', 2) as [string, string]])),
    ),
    schedulable: raw.ANCLOUD_SCHEDULABLE,
    raiseLimits: raw.ANCLOUD_RAISE_LIMITS,
    shimBin: raw.ANCLOUD_SHIM_BIN,
    hostcapBin: raw.ANCLOUD_HOSTCAP_BIN,
    bootParallel: raw.ANCLOUD_BOOT_PARALLEL,
    limits: {
      init: raw.ANCLOUD_INIT_TIMEOUT,
      zygote: raw.ANCLOUD_ZYGOTE_TIMEOUT,
      completed: raw.ANCLOUD_BOOT_TIMEOUT,
    },
    graceMs: raw.ANCLOUD_STOP_GRACE,
    fault: raw.ANCLOUD_ENABLE_FAULTS ? raw.ANCLOUD_FAULT : undefined,
  };
}

/** Without a farm its settings are not asked for. */
function readRaw(env: Readonly<Record<string, string | undefined>>) {
  if (flag().safeParse(env['ANCLOUD_FARM']).data === false)
    return { raw: loadConfig(own, env), farm: undefined };
  const raw = loadConfig(inFarm, env);
  return { raw, farm: farmConnection(raw) };
}
