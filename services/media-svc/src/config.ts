import os from 'node:os';
import {
  absolutePath,
  address,
  canonicalIp,
  dnsLabel,
  type FarmConnection,
  farmConnection,
  farmSettings,
  instanceId,
  integer,
  ipAddress,
  ipAddresses,
  list,
  loadConfig,
  processSettings,
  srtpSettings,
} from '@ancloud/kit';
import { z } from 'zod';
import type { WorkerBudget } from './core/placement.js';
import type { RtpListen } from './streams/ingest.js';
import type { PipeListen } from './streams/pipe-end.js';

/** More are tried by every viewer at every join. */
const MAX_ADDRESSES = 8;

/** Addresses or names, separated by commas; the preferred one first. */
function announcedAddresses() {
  return list()
    .transform((all, context) => {
      const addresses = all.flatMap((one) => canonicalIp(one) ?? (isName(one) ? one : []));
      if (addresses.length === all.length) return addresses;
      context.addIssue({ code: 'custom', message: 'has an entry that is neither an IP address nor a name' });
      return z.NEVER;
    })
    .refine((all) => all.length <= MAX_ADDRESSES, `has more than ${MAX_ADDRESSES} entries`)
    .refine((all) => new Set(all).size === all.length, 'has an entry twice')
    .describe('write e.g. 203.0.113.7,192.168.1.7,2001:db8::7');
}

function isName(text: string): boolean {
  // 192.168.1 is none: a name's last label is no number (RFC 3696 §2).
  return /^(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*$/.test(text);
}

const schema = z.object({
  ...processSettings({ grpcPort: 7103 }),
  ...farmSettings('media-svc'),
  ...srtpSettings(),
  /** Id of this instance in records. */
  ANCLOUD_MEDIA_ID: instanceId('media', os.hostname()),
  /** What others dial. Default: where it listens. */
  ANCLOUD_GRPC_ADVERTISE: address().optional(),
  /** Worker processes, each one core; default one per core. */
  ANCLOUD_MEDIA_WORKERS: integer({ min: 1, max: 256 }).prefault(String(os.availableParallelism())),
  /**
   * Packets a second to the viewers of one worker beyond which a stream spreads to the next. Default 10 000: at 27.6 µs of a core for
   * each (bench fan-out) that is a quarter of one, which a machine whose phones encode can spare. To spread costs as much as one
   * viewer more, and a worker that has to wait for its turn serves nobody well.
   */
  ANCLOUD_MEDIA_PACKETS_PER_WORKER: integer({ min: 1, max: 10_000_000 }).prefault('10000'),
  /** As the packets: viewers, of screens that do not move now but may. */
  ANCLOUD_MEDIA_VIEWERS_PER_WORKER: integer({ min: 1, max: 100_000 }).prefault('300'),
  /**
   * Seconds that a stream nobody watches is kept, its encoder running: a viewer who comes back within them finds it warm. Default
   * 10: longer than a page takes to load again, and little of an encoder's time.
   */
  ANCLOUD_STREAM_IDLE_SECONDS: integer({ min: 1, max: 86_400 }).prefault('10'),
  /**
   * Where viewers' packets arrive: addresses of this machine separated by commas, at most 8. 0.0.0.0 and `::` (both families) mean all of
   * them, and are for machines in one network: what is sent from such a socket has the address of the way back, which need not be the one that
   * the viewer knows, and is then no answer to it.
   */
  ANCLOUD_WEBRTC_LISTEN_IP: ipAddresses(MAX_ADDRESSES).prefault('127.0.0.1'),
  /**
   * What viewers are told instead, behind a NAT: addresses or names separated by commas, at most 8. A viewer tries all, and takes one
   * that it reaches; earlier ones have higher priorities, which browsers follow as a hint.
   */
  ANCLOUD_WEBRTC_ANNOUNCED: announcedAddresses().optional(),
  /** First port; worker n has port + n, UDP and TCP. */
  ANCLOUD_WEBRTC_PORT: integer({ min: 1024, max: 65_000 }).prefault('7300'),
  /** Where session-svc's RTP arrives; must be reachable from the hosts. */
  ANCLOUD_RTP_LISTEN_IP: ipAddress().default('127.0.0.1'),
  /** Where this instance is, e.g. `eu-west`: viewers who want to be there are sent here. Absent = nowhere in particular. */
  ANCLOUD_REGION: dnsLabel().optional(),
  /** Where other media-svcs' pipes arrive, encrypted; must be reachable from them. Default: as ANCLOUD_RTP_LISTEN_IP. */
  ANCLOUD_PIPE_LISTEN_IP: ipAddress().optional(),
  /** What they are told instead, behind a NAT that keeps ports: an address. */
  ANCLOUD_PIPE_ANNOUNCED: ipAddress().optional(),
  /** Where recordings are kept; absent = this instance records nothing. */
  ANCLOUD_RECORDINGS_DIR: absolutePath().optional(),
  /**
   * MiB that all recordings here may have together. One that is under way ends when they are used up, and none begins; nothing is removed
   * to make room. Default 10240: 2.8 hours of 8 Mb/s.
   */
  ANCLOUD_RECORDINGS_MIB: integer({ min: 32, max: 1 << 30 }).prefault('10240'),
  /** Where pushes are kept, with their destinations' secrets, so that they go on after a restart; absent = this instance pushes nothing. */
  ANCLOUD_PUSHES_DIR: absolutePath().optional(),
  /** Networks inside (loopback, private, link-local …) that phones' streams may be pushed to all the same, e.g. `10.1.2.0/24`. */
  ANCLOUD_PUSH_ALLOW: list().optional(),
  /** Name or path of ffmpeg, which copies streams; looked for when it is needed. */
  ANCLOUD_FFMPEG: z.string().min(1).default('ffmpeg'),
  /** A worker binary of the installed mediasoup's version; default mediasoup's own. */
  MEDIASOUP_WORKER_BIN: absolutePath().optional(),
});

export interface Config {
  readonly farm: FarmConnection;
  readonly mediaId: string;
  readonly grpcListen: string;
  readonly grpcAdvertise: string;
  readonly metricsListen: string | undefined;
  readonly workers: number;
  readonly budget: WorkerBudget;
  readonly streamIdleMs: number;
  readonly webrtc: {
    readonly listenIps: readonly string[];
    readonly announced: readonly string[];
    readonly port: number;
  };
  readonly rtp: RtpListen;
  readonly region: string;
  readonly pipe: PipeListen;
  readonly workerBin: string | undefined;
  readonly recordingsDir: string | undefined;
  readonly recordingsBytes: number;
  readonly pushesDir: string | undefined;
  readonly pushAllow: readonly string[];
  readonly ffmpeg: string;
}

/** Errors: CONFIG_INVALID with all mistakes. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const read = loadConfig(schema, env);
  return {
    farm: farmConnection(read),
    mediaId: read.ANCLOUD_MEDIA_ID,
    grpcListen: read.ANCLOUD_GRPC_LISTEN,
    grpcAdvertise: read.ANCLOUD_GRPC_ADVERTISE ?? read.ANCLOUD_GRPC_LISTEN,
    metricsListen: read.ANCLOUD_METRICS_LISTEN,
    workers: read.ANCLOUD_MEDIA_WORKERS,
    budget: {
      viewers: read.ANCLOUD_MEDIA_VIEWERS_PER_WORKER,
      packets: read.ANCLOUD_MEDIA_PACKETS_PER_WORKER,
    },
    streamIdleMs: read.ANCLOUD_STREAM_IDLE_SECONDS * 1_000,
    webrtc: {
      listenIps: read.ANCLOUD_WEBRTC_LISTEN_IP,
      announced: read.ANCLOUD_WEBRTC_ANNOUNCED ?? [],
      port: read.ANCLOUD_WEBRTC_PORT,
    },
    rtp: { ip: read.ANCLOUD_RTP_LISTEN_IP, srtp: read.ANCLOUD_RTP_SRTP },
    region: read.ANCLOUD_REGION ?? '',
    pipe: {
      ip: read.ANCLOUD_PIPE_LISTEN_IP ?? read.ANCLOUD_RTP_LISTEN_IP,
      announced: read.ANCLOUD_PIPE_ANNOUNCED,
    },
    workerBin: read.MEDIASOUP_WORKER_BIN,
    recordingsDir: read.ANCLOUD_RECORDINGS_DIR,
    recordingsBytes: read.ANCLOUD_RECORDINGS_MIB * (1 << 20),
    pushesDir: read.ANCLOUD_PUSHES_DIR,
    pushAllow: read.ANCLOUD_PUSH_ALLOW ?? [],
    ffmpeg: read.ANCLOUD_FFMPEG,
  };
}
